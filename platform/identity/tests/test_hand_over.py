"""Signing in on the platform's host and going on to a tenant's, by a code that is good once, there, in that browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from identity import handover
from identity.handover import CodeNotGood
from identity.models import HandOver, User
from tenancy import TenantRef, use_platform
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.doors import session_key

CLINIC = "http://clinic.localhost:8000"
STATE = "the-state-of-this-browser"


@pytest.fixture
def give(rita: User, clinic: TenantRef) -> Any:
    """Give Rita a code for the clinic."""

    def give() -> str:
        came = handover.ComesFrom(session_key="of-the-platform", sign_in=None, proved_at=None)
        return handover.give_code(user=rita, tenant_id=clinic.id, state=STATE, comes_from=came, at=timezone.now())

    return give


def sign_in(browser: Browser, address: str = f"{CLINIC}/", **also: str) -> Browser:
    browser.open(address)
    fields = {"login": "rita@clinic.example", "password": PASSWORD, "next": browser.hidden("next")}
    browser.send(fields | also)
    return browser


def test_whoever_opens_a_page_signs_in_on_the_platform_and_is_back_on_that_page(db: None) -> None:
    browser = Browser()

    browser.open(f"{CLINIC}/patients/?q=Paul")
    assert (browser.host, browser.path) == ("localhost:8000", "/accounts/login/")
    assert "Sign in to Northside Physio" in browser.text

    browser.sign_in("rita@clinic.example", PASSWORD)
    assert browser.url == f"{CLINIC}/patients/?q=Paul"


def test_who_is_signed_in_already_is_handed_over_without_asking(db: None) -> None:
    browser = sign_in(Browser())

    browser.open("http://localhost:8000/workspaces/")

    assert browser.answer.status_code == 200


def test_a_second_workspace_needs_no_second_password(db: None, cora: User) -> None:
    browser = sign_in(Browser())

    browser.open("http://other.localhost:8000/")

    assert (browser.host, browser.answer.status_code) == ("other.localhost:8000", 403)  # known, but a stranger there
    assert "rita@clinic.example" in browser.text


def test_a_code_is_good_once(give: Any, clinic: TenantRef, rita: User) -> None:
    code = give()

    assert handover.take_code(code=code, tenant_id=clinic.id, state=STATE, at=timezone.now()).user == rita
    with pytest.raises(CodeNotGood):
        handover.take_code(code=code, tenant_id=clinic.id, state=STATE, at=timezone.now())


@pytest.mark.parametrize("wrong", ["tenant", "browser", "code", "time"])
def test_a_code_is_good_at_one_tenant_in_one_browser_for_a_minute(
    give: Any, clinic: TenantRef, other: TenantRef, wrong: str
) -> None:
    code = give()

    with pytest.raises(CodeNotGood):
        handover.take_code(
            code="guessed" if wrong == "code" else code,
            tenant_id=other.id if wrong == "tenant" else clinic.id,
            state="another" if wrong == "browser" else STATE,
            at=timezone.now() + timedelta(seconds=61 if wrong == "time" else 0),
        )
    assert handover.take_code(code=code, tenant_id=clinic.id, state=STATE, at=timezone.now())


def test_of_a_code_only_its_digest_is_kept(give: Any) -> None:
    code = give()

    with use_platform():
        row = HandOver.objects.get()
    assert code not in {row.code_digest, row.state_digest, row.session_key}


def test_a_code_that_is_not_good_starts_no_session_and_says_what_to_do(db: None) -> None:
    browser = Browser()

    answer = browser.open(f"{CLINIC}/sign-in/complete/?code=guessed&next=/patients/")

    assert answer.status_code == 403
    assert "Sign in once more." in browser.text
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def test_a_code_that_was_overheard_is_worth_nothing_in_another_browser(db: None, clinic: TenantRef, rita: User) -> None:
    victim = Client(headers={"host": "localhost:8000"})
    victim.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, None)
    sent_on = victim.get("/hand-over/", {"tenant": str(clinic.id), "state": STATE, "next": "/"})["Location"]

    stolen = Browser()
    answer = stolen.open(sent_on)

    assert parse_qs(urlsplit(sent_on).query)["code"]
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_off_the_site(db: None, where: str) -> None:
    browser = sign_in(Browser(), f"{CLINIC}/sign-in/?next={where}")

    assert (browser.host, browser.path) == ("clinic.localhost:8000", "/today/")


def test_signing_in_on_the_platform_leads_to_paths_of_its_own_only(db: None) -> None:
    browser = Browser()
    browser.open("/accounts/login/")

    browser.send({"login": "rita@clinic.example", "password": PASSWORD, "next": "https://evil.example/"})

    assert (browser.host, browser.path) == ("localhost:8000", "/workspaces/")


@pytest.mark.parametrize("tenant", ["", "nonsense", "00000000-0000-7000-8000-000000000000"])
def test_there_is_no_way_to_a_tenant_that_is_not(db: None, tenant: str) -> None:
    assert Browser().open(f"/hand-over/?tenant={tenant}").status_code == 404


def test_leaving_a_tenant_ends_both_sessions(db: None) -> None:
    browser = sign_in(Browser())

    browser.send(to=f"{CLINIC}/sign-out/")
    assert browser.path == "/"

    browser.open(f"{CLINIC}/today/")
    assert (browser.host, browser.path) == ("localhost:8000", "/accounts/login/")


def test_leaving_one_tenant_leaves_every_other_that_was_entered_from_the_same_sign_in(db: None, cato: User) -> None:
    browser, elsewhere = sign_in(Browser()), sign_in(Browser())
    browser.open("http://other.localhost:8000/")
    assert browser.answer.status_code == 403

    browser.send(to=f"{CLINIC}/sign-out/")

    browser.open("http://other.localhost:8000/")
    assert browser.path == "/accounts/login/"
    assert elsewhere.open(f"{CLINIC}/patients/").status_code == 200


def test_a_session_is_as_short_at_the_tenant_as_was_asked_on_the_platform(db: None) -> None:
    def kept(browser: Browser) -> bool:
        return bool(browser.client("clinic.localhost:8000").cookies[settings.SESSION_COOKIE_NAME]["max-age"])

    assert not kept(sign_in(Browser()))
    assert kept(sign_in(Browser(), remember="on"))


def test_codes_are_forgotten_after_a_day(give: Any) -> None:
    give()
    with use_platform():
        handover.forget_old_codes(at=timezone.now() + timedelta(hours=23))
        assert HandOver.objects.count() == 1

        handover.forget_old_codes(at=timezone.now() + timedelta(hours=25))
        assert HandOver.objects.count() == 0
