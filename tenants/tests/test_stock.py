"""Schemas that are built ahead: given to one tenant each, made up, and thrown away when they are out of date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from identity.models import User
from jobs.models import OutboxMessage
from jobs.schedules import enrol
from tenancy import use_owner, use_platform
from tenants import blueprint, opening, signup, stock
from tenants.models import Blueprint, SpareSchema, Tenant, TenantState
from tenants.signup import SignUp
from tests.test_concurrency import all_at_once


@pytest.fixture
def reserve(db: None, ana: User, now: datetime) -> Callable[[str], Tenant]:
    return lambda name: reserve_for(ana, name, now)


def reserve_for(owner: User, name: str, at: datetime) -> Tenant:
    wish = SignUp(
        name=name, vertical="shop", subdomain=name, time_zone="Europe/London", currency="GBP", language="en-gb",
        owner_name="", email="", password="",
    )  # fmt: skip
    with use_platform():
        return signup.reserve_for(owner=owner, wish=wish, at=at)


def schemas() -> set[str]:
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\_%'")
        return {name for (name,) in cursor.fetchall()}


def spares() -> list[str]:
    with use_platform():
        return list(SpareSchema.objects.order_by("pk").values_list("schema_name", flat=True))


def test_there_are_as_many_as_wanted_and_no_more(db: None, settings: Any) -> None:
    settings.SPARE_SCHEMAS = 2

    assert (stock.restock(), stock.restock()) == (2, 0)
    assert set(spares()) <= schemas()
    assert stock.count_ready(blueprint.latest()) == 2


def test_a_new_tenant_is_given_the_one_that_was_built_first(reserve: Any, settings: Any, now: datetime) -> None:
    settings.SPARE_SCHEMAS = 2
    stock.restock()
    first, second = spares()
    before = schemas()

    tenant = opening.open_tenant(tenant_id=reserve("harbour").pk, at=now)

    assert (tenant.schema_name, tenant.state, tenant.level_id) == (
        first,
        TenantState.ACTIVE,
        blueprint.latest().level_id,
    )
    assert (spares(), schemas()) == ([second], before)


def test_what_was_taken_is_made_up_soon(reserve: Any, settings: Any, now: datetime, run_jobs: Any) -> None:
    settings.SPARE_SCHEMAS = 1
    stock.restock()

    opening.open_tenant(tenant_id=reserve("harbour").pk, at=now)
    run_jobs(at=timezone.now())
    assert spares() == []  # not while the new tenant is being furnished

    run_jobs(at=timezone.now() + stock.REFILL_AFTER)
    assert stock.count_ready(blueprint.latest()) == 1


def test_without_a_stock_the_schema_is_built_while_the_owner_waits(reserve: Any, now: datetime) -> None:
    tenant = opening.open_tenant(tenant_id=reserve("harbour").pk, at=now)

    assert (tenant.state, spares()) == (TenantState.ACTIVE, [])
    assert tenant.schema_name in schemas()
    assert not OutboxMessage.objects.filter(actor="tenants.tasks.restock_schemas").exists()


def test_nobody_is_given_a_schema_of_an_earlier_release(reserve: Any, settings: Any, now: datetime) -> None:
    settings.SPARE_SCHEMAS = 1
    stock.restock()
    (old,) = spares()
    plan = blueprint.latest()
    with use_platform():
        newer = Blueprint.objects.create(digest="newer", ddl=plan.ddl, level=plan.level)

    tenant = opening.open_tenant(tenant_id=reserve("harbour").pk, at=now)
    assert tenant.schema_name != old

    assert stock.restock() == 1
    assert old not in schemas()
    assert stock.count_ready(newer) == 1


def test_what_was_never_finished_is_thrown_away(db: None) -> None:
    plan = blueprint.latest()
    with use_platform():
        begun = SpareSchema.objects.create(blueprint=plan)
        built = SpareSchema.objects.create(blueprint=plan)
    blueprint.build(built.schema_name, plan)
    assert stock.discard_unwanted() == 0  # somebody may be at it

    long_ago = timezone.now() - stock.GIVEN_UP_AFTER - timedelta(minutes=1)
    SpareSchema.objects.filter(pk__in=[begun.pk, built.pk]).update(started_at=long_ago)

    assert stock.discard_unwanted() == 2
    assert (spares(), built.schema_name in schemas()) == ([], False)


def test_the_stock_is_looked_after_by_the_clock(db: None) -> None:
    from jobs.models import DueSchedule

    enrol()

    with use_platform():
        assert DueSchedule.objects.filter(tenant_id=None, actor="tenants.tasks.restock_schemas").exists()


@pytest.mark.usefixtures("own_database")
def test_no_two_tenants_are_given_one_schema(settings: Any, now: datetime) -> None:
    settings.SPARE_SCHEMAS = 3
    stock.restock()
    with use_platform():
        owner = User.objects.get(email="ana@clinic.example")
    tenants = [reserve_for(owner, f"harbour-{number}", now) for number in range(5)]

    given = all_at_once([lambda tenant=tenant: stock.give_schema(tenant.pk) for tenant in tenants])

    names = {tenant.schema_name for tenant in given}
    assert len(names) == 5
    assert names <= schemas()
    assert all(tenant.level_id for tenant in given)
    with use_platform():
        known = set(Tenant.objects.values_list("schema_name", flat=True))
    assert schemas() - known == set(spares())


@pytest.mark.usefixtures("own_database")
def test_one_tenant_that_is_opened_twice_at_once_is_given_one_schema(settings: Any, now: datetime) -> None:
    settings.SPARE_SCHEMAS = 2
    stock.restock()
    with use_platform():
        owner = User.objects.get(email="ana@clinic.example")
    tenant = reserve_for(owner, "harbour", now)

    one, other = all_at_once([lambda: stock.give_schema(tenant.pk)] * 2)

    assert one.schema_name == other.schema_name
    assert len(spares()) == 1
