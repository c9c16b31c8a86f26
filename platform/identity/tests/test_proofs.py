"""Sensitive pages ask once more who it is, on the platform's host, and lead back to where somebody was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from access.models import Member, Role
from identity import proofs
from identity.models import User
from identity.tokens import issue_tokens, renew_tokens
from tenancy import TenantRef, use
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.doors import Api, session_key

CLINIC = "http://clinic.localhost:8000"
LONG_AGO = proofs.GOOD_FOR + timedelta(minutes=1)


def member_of(user: User, tenant: TenantRef) -> Member:
    with use(tenant):
        return Member.objects.get(user_id=user.pk)


@pytest.fixture
def idle(ana: User, clinic: TenantRef) -> Browser:
    """Ana's browser, signed in at the clinic and on the platform since this morning."""
    browser = Browser()
    for host, tenant in (("clinic.localhost:8000", clinic), ("localhost:8000", None)):
        key = session_key(ana, tenant, proved_at=timezone.now() - LONG_AGO)
        browser.client(host).cookies[settings.SESSION_COOKIE_NAME] = key
    return browser


def test_making_an_owner_asks_for_the_password_and_leads_back_to_the_page(
    idle: Browser, bo: User, clinic: TenantRef
) -> None:
    page = f"{CLINIC}/settings/team/{member_of(bo, clinic).pk}/role/"
    idle.open(page)

    idle.send({"role": Role.OWNER}, referer=page)
    assert (idle.host, idle.path) == ("localhost:8000", "/accounts/reauthenticate/")
    assert member_of(bo, clinic).role == Role.PRACTITIONER

    idle.send({"password": "not hers", "next": idle.hidden("next")})
    assert idle.answer.status_code == 422
    idle.send({"password": PASSWORD, "next": idle.hidden("next")})
    assert idle.url == page

    idle.send({"role": Role.OWNER})
    assert (idle.path, member_of(bo, clinic).role) == ("/settings/team/", Role.OWNER)


def test_other_roles_are_given_without_being_asked(idle: Browser, bo: User, clinic: TenantRef) -> None:
    idle.send({"role": Role.RECEPTIONIST}, to=f"{CLINIC}/settings/team/{member_of(bo, clinic).pk}/role/")

    assert (idle.path, member_of(bo, clinic).role) == ("/settings/team/", Role.RECEPTIONIST)


def test_letting_an_owner_go_asks_before_the_question_is_shown(idle: Browser, ana: User, clinic: TenantRef) -> None:
    idle.open(f"{CLINIC}/settings/team/{member_of(ana, clinic).pk}/end/")

    assert idle.path == "/accounts/reauthenticate/"


def test_htmx_is_sent_there_as_a_whole_and_back_to_the_page_it_was_on(
    idle: Browser, ana: User, clinic: TenantRef
) -> None:
    headers = {"hx-request": "true", "hx-current-url": f"{CLINIC}/settings/team/?q=a"}

    answer = idle.open(f"{CLINIC}/settings/team/{member_of(ana, clinic).pk}/end/", **headers)

    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fsettings%2Fteam%2F%3Fq%3Da&prove=1"


def test_who_has_just_signed_in_is_not_asked_again(bo: User, clinic: TenantRef) -> None:
    browser = Browser()
    browser.open(f"{CLINIC}/settings/team/")
    browser.sign_in("ana@clinic.example", PASSWORD)

    browser.send({"role": Role.OWNER}, to=f"{CLINIC}/settings/team/{member_of(bo, clinic).pk}/role/")

    assert member_of(bo, clinic).role == Role.OWNER


def test_the_proof_runs_out(ana: User, bo: User, clinic: TenantRef) -> None:
    def tried(age: timedelta) -> str:
        browser = Browser()
        key = session_key(ana, clinic, proved_at=timezone.now() - age)
        browser.client("clinic.localhost:8000").cookies[settings.SESSION_COOKIE_NAME] = key
        browser.send({"role": Role.OWNER}, to=f"{CLINIC}/settings/team/{member_of(bo, clinic).pk}/role/")
        return browser.path

    assert tried(proofs.GOOD_FOR + timedelta(seconds=1)) == "/accounts/login/"
    assert tried(proofs.GOOD_FOR - timedelta(minutes=1)) == "/settings/team/"


def test_a_program_is_told_to_ask_for_new_tokens_with_the_password(ana: User, bo: User, clinic: TenantRef) -> None:
    old = issue_tokens(user=ana, tenant_id=clinic.id, at=timezone.now() - LONG_AGO)
    renewed = renew_tokens(refresh=old.refresh, tenant_id=clinic.id, at=timezone.now())
    program = Api(clinic, None)
    program.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {renewed.access}"

    answer = program.patch(f"/api/members/{member_of(bo, clinic).pk}/", {"role": Role.OWNER})

    assert (answer.status_code, answer.json()["code"], answer.json()["max_age"]) == (401, "proof-needed", 600)
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="600"'
    assert member_of(bo, clinic).role == Role.PRACTITIONER
    assert Api(clinic, ana).patch(f"/api/members/{member_of(bo, clinic).pk}/", {"role": Role.OWNER}).status_code == 200


def test_a_program_cannot_let_an_owner_go_on_an_old_password(ana: User, clinic: TenantRef) -> None:
    old = issue_tokens(user=ana, tenant_id=clinic.id, at=timezone.now() - LONG_AGO)
    renewed = renew_tokens(refresh=old.refresh, tenant_id=clinic.id, at=timezone.now())
    program = Api(clinic, None)
    program.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {renewed.access}"

    answer = program.client.delete(f"/api/members/{member_of(ana, clinic).pk}/")

    assert (answer.status_code, answer.json()["code"]) == (401, "proof-needed")


def test_what_one_person_proved_in_a_browser_is_not_proved_for_the_next(
    idle: Browser, rita: User, clinic: TenantRef
) -> None:
    platform = idle.client("localhost:8000")
    session = platform.session
    session["account_authentication_methods"] = [{"method": "password", "at": timezone.now().timestamp()}]
    session["account_authentication_methods_user"] = str(rita.pk)
    session.save()

    idle.open(f"{CLINIC}/sign-in/?prove=1")

    assert idle.path == "/accounts/reauthenticate/"
