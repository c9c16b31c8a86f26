"""Signing in where the workspace has a domain of its own, which is only as much ours as its DNS says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from identity.models import User
from tenancy import TenantRef, catalog, use_platform
from tenants.models import Domain
from tests.across_hosts import Browser
from tests.cast import PASSWORD, tenant_called
from tests.doors import session_key

OWN, SUBDOMAIN, PLATFORM = "http://praxis.test:8000", "http://clinic.localhost:8000", "http://localhost:8000"


def lead(tenant: TenantRef, primary: str) -> None:
    """Have all names of a tenant lead to this one."""
    with use_platform():
        Domain.objects.filter(tenant_id=tenant.id).update(is_primary=False)
        Domain.objects.filter(tenant_id=tenant.id, domain=primary).update(is_primary=True)
    catalog.forget()


@pytest.fixture
def own(clinic: TenantRef) -> TenantRef:
    """The clinic, found at a domain of its own."""
    with use_platform():
        Domain.objects.create(domain="praxis.test", look="praxls.test", tenant_id=clinic.id, is_primary=False)
    lead(clinic, "praxis.test")
    return tenant_called("clinic")


class Surfer(Browser):
    """Goes on where a page leads on by itself."""

    def _ask(self, *arguments: Any) -> Any:
        answer = super()._ask(*arguments)
        ahead = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', self.text)
        return self.open(ahead.group(1).replace("&amp;", "&")) if ahead else answer


@pytest.fixture
def rita_at_work(own: TenantRef) -> Surfer:
    browser = Surfer()
    browser.open(f"{OWN}/patients/?q=Paul")
    browser.sign_in("rita@clinic.example", PASSWORD)
    return browser


def test_signing_in_leads_to_the_platform_and_back_to_the_domain(own: TenantRef) -> None:
    browser = Surfer()

    browser.open(f"{OWN}/patients/?q=Paul")
    assert (browser.host, browser.path) == ("localhost:8000", "/accounts/login/")
    assert "Sign in to Northside Physio" in browser.text

    browser.sign_in("rita@clinic.example", PASSWORD)
    assert (browser.url, browser.answer.status_code) == (f"{OWN}/patients/?q=Paul", 200)


def test_no_redirect_leads_to_a_domain_that_the_page_with_the_form_knows_nothing_of(own: TenantRef, rita: User) -> None:
    visitor = Client(headers={"host": "localhost:8000"})
    visitor.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, None)

    answer = visitor.get("/hand-over/", {"tenant": str(own.id), "state": "s", "next": "/"})

    assert (answer.status_code, "Location" in answer) == (200, False)
    assert 'content="0; url=http://praxis.test:8000/sign-in/complete/?code=' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_cookies_are_of_the_domain_alone(rita_at_work: Surfer) -> None:
    cookie = rita_at_work.client("praxis.test:8000").cookies[settings.SESSION_COOKIE_NAME]

    assert (cookie["domain"], cookie["httponly"]) == ("", True)


def test_a_form_on_the_domain_is_checked_for_forgery_like_any(own: TenantRef, rita: User) -> None:
    browser = Client(headers={"host": "praxis.test:8000"}, enforce_csrf_checks=True)
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, own)
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/patients/new/").content.decode())
    assert token is not None
    fields = {"first_name": "Nell", "last_name": "Harbour", "csrfmiddlewaretoken": token.group(1)}

    def send(origin: str) -> int:
        return int(browser.post("/patients/new/", fields, headers={"origin": origin}).status_code)

    assert [send(origin) for origin in (SUBDOMAIN, PLATFORM, "https://evil.example", "null")] == [403] * 4
    assert send(OWN) < 400


def test_leaving_ends_both_sessions(rita_at_work: Surfer) -> None:
    rita_at_work.send(to=f"{OWN}/sign-out/")
    assert rita_at_work.url == f"{PLATFORM}/"

    rita_at_work.open(f"{OWN}/today/")
    assert rita_at_work.path == "/accounts/login/"


def test_whoever_takes_the_domain_over_can_do_nothing_with_the_cookies_it_is_sent(
    rita_at_work: Surfer, clinic: TenantRef
) -> None:
    stolen = rita_at_work.client("praxis.test:8000").cookies[settings.SESSION_COOKIE_NAME].value

    def status_at(host: str, path: str = "/api/users/me/") -> int:
        client = Client(headers={"host": host})
        client.cookies[settings.SESSION_COOKIE_NAME] = stolen
        return int(client.get(path).status_code)

    assert (status_at("praxis.test:8000"), status_at("clinic.localhost:8000")) == (200, 401)
    lead(clinic, "clinic")  # as when a check finds that the domain leads elsewhere
    assert (status_at("praxis.test:8000"), status_at("clinic.localhost:8000")) == (401, 401)


def test_no_code_is_sent_to_a_domain_that_does_not_lead_here_any_more(
    own: TenantRef, clinic: TenantRef, rita: User
) -> None:
    lead(clinic, "clinic")
    visitor = Client(headers={"host": "localhost:8000"})
    visitor.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, None)

    for at in ("praxis.test", "evil.example", "other", ""):
        answer = visitor.get("/hand-over/", {"tenant": str(own.id), "state": "theirs", "at": at, "next": "/"})
        assert answer["Location"] == f"{SUBDOMAIN}/sign-in/?next=%2F"


def test_owners_sign_in_at_the_subdomain_when_the_domain_is_broken(own: TenantRef) -> None:
    browser = Surfer()
    browser.open(f"{SUBDOMAIN}/settings/address/")
    browser.sign_in("ana@clinic.example", PASSWORD)

    assert (browser.url, browser.answer.status_code) == (f"{SUBDOMAIN}/settings/address/", 200)
    assert browser.open(f"{SUBDOMAIN}/today/").status_code == 200
    assert browser.url == f"{OWN}/today/"


def test_a_form_sent_at_another_name_leads_on_to_the_domain(own: TenantRef, rita: User) -> None:
    browser = Client(headers={"host": "clinic.localhost:8000"})
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, own)

    answer = browser.post("/patients/new/", {"first_name": "Nell", "last_name": "Harbour"})

    assert answer.status_code == 200
    assert re.search(r'content="0; url=http://praxis.test:8000/patients/[^"]+"', answer.content.decode())


def test_the_platform_lists_the_domain_and_leads_to_it(own: TenantRef) -> None:
    browser = Surfer()
    browser.open("/accounts/login/")
    browser.sign_in("ana@clinic.example", PASSWORD)
    browser.open("/workspaces/")
    assert "praxis.test:8000" in browser.text

    browser.open(f"/hand-over/?tenant={own.id}&next=/today/")
    assert browser.url == f"{OWN}/today/"


def test_a_customers_domain_is_bound_to_https_for_a_month_and_nothing_below_it(own: TenantRef, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31536000, True

    def told(host: str) -> str:
        return str(Client(headers={"host": host}).get("/sign-in/", secure=True)["Strict-Transport-Security"])

    assert told("praxis.test") == "max-age=2592000"
    assert told("clinic.localhost") == "max-age=31536000; includeSubDomains"
