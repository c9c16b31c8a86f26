"""Who closes their account is out everywhere at once; what the practices keep stays theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client as Visitor
from django.utils import timezone

from access.models import Member, Role
from access.services import LastOwner
from audit.models import AuditEntry
from identity import tokens
from identity.models import RefreshToken, Session, User
from identity.second_step import give_app
from kernel.ids import new_id
from modules.crm.models import Client, Patient
from modules.crm.services import ContactDetails, PatientDetails, claim_records, register_patient
from tenancy import TenantRef, use, use_platform
from tenants import closing, signup
from tenants.closing import StillNeeded, close_account, hindrances
from tenants.life import deleting
from tenants.models import Membership, Tenant, TenantState
from tenants.tests.test_signing_up import sign_up
from tenants.tests.test_stock import reserve_for
from tests.across_hosts import Browser
from tests.cast import tenant_called
from tests.doors import Api, Pages, session_key
from tests.together import all_at_once

PAGE = "/accounts/close/"


def browser_of(user: User, *, proved_at: datetime | None = None) -> Visitor:
    """A browser on the platform's host, that gave its password just now if nothing else is said."""
    browser = Visitor(headers={"host": settings.PLATFORM_HOST})
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(user, None, proved_at=proved_at)
    return browser


def owners(tenant: TenantRef) -> list[str]:
    with use(tenant):
        return sorted(Member.objects.current().filter(role=Role.OWNER).values_list("email", flat=True))


@pytest.fixture
def second_owner(clinic: TenantRef, rita: User, now: Any) -> User:
    with use_platform():
        Membership.objects.create(user=rita, tenant_id=clinic.id, created_at=now)
    with use(clinic):
        Member.objects.filter(user_id=rita.pk).update(role=Role.OWNER)
    return rita


def test_everything_of_theirs_ends_at_once(clinic: TenantRef, bo: User, now: Any, run_jobs: Any) -> None:
    with use_platform():
        give_app(bo, secret="JBSWY3DPEHPK3PXP")
        Membership.objects.get_or_create(user=bo, tenant_id=clinic.id, defaults={"created_at": now})
    tokens.issue_tokens(user=bo, tenant_id=clinic.id, at=now)
    browser, program, page = browser_of(bo), Api(clinic, bo), Pages(clinic, bo)
    assert page.get("/today/").status_code == 200

    close_account(user=bo, at=now)

    assert program.get("/api/patients/").status_code == 401
    assert page.get("/today/").status_code == 302
    assert "/accounts/login/" in browser.get("/workspaces/")["Location"]
    with use_platform():
        left = [model.objects.filter(user_id=bo.pk).exists() for model in (Session, RefreshToken, Authenticator)]
    assert left == [False, False, False]
    with use(clinic):
        assert Member.objects.of_user(bo.pk).exists() is False
    run_jobs()
    with use_platform():
        assert not User.objects.filter(pk=bo.pk).exists()
        assert not EmailAddress.objects.filter(email="bo@clinic.example").exists()
        assert not Membership.objects.filter(user_id=bo.pk).exists()
    (told,) = [each for each in mail.outbox if each.to == ["bo@clinic.example"]]
    assert told.subject == "Your account at Atrium is closed"


def test_a_patients_record_stays_with_the_practice_and_can_be_claimed_anew(
    clinic: TenantRef, rita: User, pia: User, now: Any, run_jobs: Any
) -> None:
    with use(clinic):
        contact = ContactDetails(first_name="Pia", email=pia.email)
        patient = register_patient(patient=PatientDetails(first_name="Pia"), contact=contact, by=rita, at=now)
        claim_records(user=pia, verified_emails=[pia.email], at=now)

    close_account(user=pia, at=now)
    run_jobs()
    run_jobs()  # what the room was told of by the first

    with use(clinic):
        client = Client.objects.get(pk=patient.client_id)
        assert (Patient.objects.get(pk=patient.pk).first_name, client.user_id, client.claimed_at) == ("Pia", None, None)
        assert not Member.objects.current().filter(email=pia.email).exists()
        assert AuditEntry.objects.filter(action="crm.record.released").count() == 1
        again = User(pk=new_id(), email=pia.email, name="Pia")
        assert claim_records(user=again, verified_emails=[pia.email], at=now) == [client]


def test_the_only_owner_is_told_what_to_do_first(clinic: TenantRef, ana: User, now: Any) -> None:
    (hindrance,) = hindrances(ana)
    assert hindrance.sentence == (
        "You are the only owner of Northside Physio. Make somebody else an owner, or have the workspace deleted."
    )

    with pytest.raises(StillNeeded):
        close_account(user=ana, at=now)

    with use_platform():
        assert User.objects.get(pk=ana.pk).is_active is True
    assert owners(clinic) == ["ana@clinic.example"]


def test_with_another_owner_the_workspace_goes_on_and_mails_go_to_them(
    clinic: TenantRef, ana: User, second_owner: User, now: Any, run_jobs: Any
) -> None:
    assert hindrances(ana) == []

    close_account(user=ana, at=now)
    run_jobs()

    with use_platform():
        row = Tenant.objects.get(pk=clinic.id)
        assert (row.owner_id, row.state) == (second_owner.pk, TenantState.ACTIVE)
        assert not User.objects.filter(pk=ana.pk).exists()
    assert owners(clinic) == ["rita@clinic.example"]
    assert [each.sentence[:22] for each in hindrances(second_owner)] == ["You are the only owner"]


def test_what_is_reserved_and_not_confirmed_goes_and_what_is_on_its_way_is_waited_for(
    clinic: TenantRef, bo: User, ana: User, second_owner: User, oda: User, now: Any, run_jobs: Any
) -> None:
    with use_platform():
        reserve_for(bo, "harbour", now)
        other = reserve_for(bo, "pier", now)
        signup.open_reserved(owner=bo, tenant_id=other.pk)
        row = Tenant.objects.with_rooms().get(pk=clinic.id)
    assert [each.sentence.split(" is just")[0] for each in hindrances(bo)] == [other.name]
    with use_platform():
        Tenant.objects.filter(pk=other.pk).delete()
    deleting.schedule_deletion(tenant=row, by=oda, reason="They move", at=now)
    assert ["still to be erased" in each.sentence for each in hindrances(ana)] == [True]
    assert ["kept under its name" in each.sentence for each in hindrances(oda)] == [True]

    close_account(user=bo, at=now)
    run_jobs()

    with use_platform():
        assert not Tenant.objects.filter(domains__domain="harbour").exists()
        assert not User.objects.filter(pk=bo.pk).exists()


def test_a_job_that_died_on_the_way_is_done_again(clinic: TenantRef, pia: User, now: Any, monkeypatch: Any) -> None:
    with use(clinic):
        Member.objects.get_or_create(
            user_id=pia.pk, ended_at=None, defaults={"role": "patient", "name": "Pia", "joined_at": now}
        )
    close_account(user=pia, at=now)
    with monkeypatch.context() as dying:
        dying.setattr(closing, "prolong_lease", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            closing.finish_closing(user_id=pia.pk, at=now)
    with use_platform():
        assert User.objects.filter(pk=pia.pk, is_active=False).exists()

    for _ in range(2):
        closing.finish_closing(user_id=pia.pk, at=now)

    with use_platform():
        assert not User.objects.filter(pk=pia.pk).exists()


def test_the_page_asks_who_it_is_and_for_their_word(clinic: TenantRef, bo: User) -> None:
    idle = browser_of(bo, proved_at=timezone.now() - timedelta(hours=1))
    assert "/accounts/reauthenticate/" in idle.get(PAGE)["Location"]
    browser = browser_of(bo)
    assert "nobody can bring the account back" in browser.get(PAGE).content.decode()

    unsaid = browser.post(PAGE, {})
    assert (unsaid.status_code, "Tick this first" in unsaid.content.decode()) == (422, True)
    done = browser.post(PAGE, {"understood": "on"})

    assert (done.status_code, done["Location"]) == (302, "/accounts/closed/")
    assert "Your account is closed" in browser.get("/accounts/closed/").content.decode()
    assert "/accounts/login/" in browser.get(PAGE)["Location"]


def test_the_page_of_an_only_owner_leads_to_the_team_and_a_post_changes_nothing(clinic: TenantRef, ana: User) -> None:
    browser = browser_of(ana)

    page = browser.get(PAGE).content.decode()
    refused = browser.post(PAGE, {"understood": "on"})

    assert ("You are the only owner of Northside Physio." in page, "%2Fsettings%2Fteam%2F" in page) == (True, True)
    assert 'name="understood"' not in page
    assert refused.status_code == 409
    with use_platform():
        assert User.objects.get(pk=ana.pk).is_active is True


def test_of_two_owners_who_go_at_the_same_moment_one_stays(own_database: None, now: Any) -> None:
    clinic = tenant_called("clinic")
    with use_platform():
        ana, rita = (User.objects.get(email=f"{name}@clinic.example") for name in ("ana", "rita"))
        Membership.objects.create(user=rita, tenant_id=clinic.id, created_at=now)
    with use(clinic):
        Member.objects.filter(user_id=rita.pk).update(role=Role.OWNER)

    def go(user: User) -> bool:
        try:
            close_account(user=user, at=now)
        except (StillNeeded, LastOwner):
            return False
        return True

    gone = all_at_once([lambda: go(ana), lambda: go(rita)])

    assert sorted(gone) == [False, True]
    with use_platform():
        (stays,) = User.objects.filter(pk__in=[ana.pk, rita.pk], is_active=True).values_list("email", flat=True)
    assert owners(clinic) == [stays]


def test_what_a_stranger_reserves_with_the_address_meanwhile_does_not_keep_the_account(
    bo: User, now: Any, run_jobs: Any
) -> None:
    close_account(user=bo, at=now)
    sign_up(Browser(), email=bo.email)
    with use_platform():
        assert Tenant.objects.get(domains__domain="harbour").owner_id == bo.pk

    run_jobs()

    with use_platform():
        assert not User.objects.filter(pk=bo.pk).exists()
        assert not Tenant.objects.filter(domains__domain="harbour").exists()
