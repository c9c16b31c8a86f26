"""Signing up and opening a workspace: all of it or nothing, and again from wherever it stopped."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from access.models import Member, Role
from identity.accounts import PasswordTooWeak
from identity.models import User
from modules.scheduling.models import Practitioner, Service, WorkingHours
from tenancy import use, use_platform
from tenants import blueprint, opening, signup
from tenants.models import Domain, Membership, Tenant, TenantState
from tenants.names import NameTaken
from tenants.signup import AlreadyHasAccount, NotOffered, SignUp

WISH = SignUp(
    name="Harbour Physio",
    vertical="clinic",
    subdomain="harbour",
    time_zone="Europe/London",
    currency="GBP",
    language="en-gb",
    owner_name="Nell Harbour",
    email="nell@harbour.example",
    password="calm-and-steady-9",
)


@pytest.fixture
def reserved(db: None, now: datetime) -> Tenant:
    return signup.reserve_workspace(wish=WISH, at=now)


def test_signing_up_reserves_the_name_and_makes_an_unverified_account(reserved: Tenant) -> None:
    assert (reserved.state, reserved.subdomain) == (TenantState.PENDING, "harbour")
    assert not EmailAddress.objects.get(user=reserved.owner).verified


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"subdomain": "clinic"}, NameTaken),
        ({"email": "ana@clinic.example"}, AlreadyHasAccount),
        ({"password": "password1234"}, PasswordTooWeak),
        ({"time_zone": "Mars/Olympus"}, NotOffered),
        ({"currency": "XXQ"}, NotOffered),
        ({"vertical": "bakery"}, NotOffered),
    ],
    ids=["name taken", "account exists", "weak password", "no such zone", "no such currency", "no such vertical"],
)
def test_a_sign_up_that_fails_leaves_nothing_behind(
    db: None, now: datetime, change: dict[str, str], error: type
) -> None:
    before = (User.objects.count(), Tenant.objects.count(), Domain.objects.count())

    with pytest.raises(error):
        signup.reserve_workspace(wish=dataclasses.replace(WISH, **change), at=now)

    assert (User.objects.count(), Tenant.objects.count(), Domain.objects.count()) == before


def test_a_name_that_nobody_confirms_is_free_again(reserved: Tenant, now: datetime) -> None:
    assert signup.sweep_unconfirmed(at=now + timedelta(days=1)) == 0
    assert signup.sweep_unconfirmed(at=now + timedelta(days=3)) == 1
    assert not Domain.objects.filter(domain="harbour").exists()
    assert not User.objects.filter(email=WISH.email).exists()


def test_confirming_opens_a_workspace_with_services_hours_and_the_owner_as_practitioner(
    reserved: Tenant, run_jobs: Any
) -> None:
    EmailAddress.objects.update(verified=True)
    signup.open_reserved(owner=reserved.owner)
    run_jobs()

    reserved.refresh_from_db()
    assert reserved.state == TenantState.ACTIVE
    assert Membership.objects.filter(user=reserved.owner, tenant=reserved).exists()
    with use(reserved.ref()):
        owner = Member.objects.get(role=Role.OWNER)
        practitioner = Practitioner.objects.get()
        assert (owner.user_id, practitioner.user_id) == (reserved.owner_id, reserved.owner_id)
        assert Service.objects.filter(practitioners=practitioner).count() == 4
        assert WorkingHours.objects.filter(practitioner=practitioner).count() == 10
        assert {service.currency for service in Service.objects.all()} == {"GBP"}


@pytest.mark.parametrize("step", ["_furnish", "_let_people_in"])
def test_an_opening_that_breaks_off_is_finished_by_the_next_attempt(
    reserved: Tenant, now: datetime, monkeypatch: Any, step: str
) -> None:
    def break_off(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(opening, step, break_off)
        with pytest.raises(RuntimeError):
            opening.open_tenant(tenant_id=reserved.pk, at=now)

    assert opening.open_tenant(tenant_id=reserved.pk, at=now).state == TenantState.ACTIVE
    assert opening.open_tenant(tenant_id=reserved.pk, at=now).state == TenantState.ACTIVE
    reserved.refresh_from_db()
    with use(reserved.ref()):
        assert (Member.objects.count(), Practitioner.objects.count()) == (1, 1)


def test_an_opened_schema_knows_the_migrations_it_has(reserved: Tenant, now: datetime) -> None:
    from tenants.migrating import migrate_tenants
    from tenants.readings import level_of

    opening.open_tenant(tenant_id=reserved.pk, at=now)

    reserved.refresh_from_db()
    assert level_of(reserved.schema_name) == level_of(blueprint.TEMPLATE)
    assert reserved.level_id == blueprint.latest().level_id
    assert reserved.schema_name in migrate_tenants().current


def test_a_schemas_name_says_nothing_of_the_customer(reserved: Tenant) -> None:
    assert "harbour" not in reserved.schema_name
    with use_platform():
        assert len({tenant.schema_name for tenant in Tenant.objects.all()}) == Tenant.objects.count()
