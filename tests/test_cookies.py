"""Over https every cookie that is set bears `__Host-`: sent over https only, to this host only, for every path."""

from __future__ import annotations

import re
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as in_force
from django.core.handlers.base import BaseHandler
from django.test import Client

from config.cookies import cookie_settings
from identity.models import User
from tenancy import TenantRef
from tenants.console import support
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.doors import host_of, session_key

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def jar(settings: Any, monkeypatch: Any) -> list[Morsel[str]]:
    """Everything that is set while the settings are those of https."""
    for name, value in cookie_settings(is_https=True).items():
        setattr(settings, name, value)
    settings.PLATFORM_URL = "https://localhost"
    caught: list[Morsel[str]] = []
    answer = BaseHandler.get_response

    def and_look(self: Any, request: Any) -> Any:
        response = answer(self, request)
        caught.extend(response.cookies.values())
        return response

    monkeypatch.setattr(BaseHandler, "get_response", and_look)
    return caught


def names(jar: list[Morsel[str]]) -> set[str]:
    return {cookie.key for cookie in jar}


def wrong(jar: list[Morsel[str]]) -> list[str]:
    """Return the cookies that a browser would refuse, or send where they do not belong."""
    return [
        cookie.OutputString()
        for cookie in jar
        if not (cookie.key.startswith("__Host-") and cookie["secure"] and cookie["path"] == "/")
        or cookie["domain"]
        or cookie["samesite"] != "Lax"
        or not (cookie["httponly"] or cookie.key == "__Host-csrf" or cookie["max-age"] == 0)
    ]


def test_signing_in_and_out_across_hosts_sets_no_other(jar: list[Morsel[str]], own_database: None) -> None:
    visitor = Browser()
    visitor.open("https://clinic.localhost/today/")
    visitor.sign_in("ana@clinic.example", PASSWORD)
    assert (visitor.host, visitor.path) == ("clinic.localhost", "/today/")
    visitor.send({"email": "ivy@new.example", "name": "Ivy", "role": "receptionist"}, to="/settings/team/invitations/")
    visitor.send(to="/sign-out/")

    assert names(jar) == {"__Host-session", "__Host-csrf", "__Host-messages", "__Host-sign-in-state"}
    assert wrong(jar) == []


def test_neither_does_support(jar: list[Morsel[str]], clinic: TenantRef, oda: User) -> None:
    console = Client(headers={"host": in_force.PLATFORM_HOST})
    console.cookies[in_force.SESSION_COOKIE_NAME] = session_key(oda, None)
    asked = {"role": "receptionist", "ticket": "T-1", "minutes": "15", "reason": "A question."}
    console.post(f"/operators/tenants/{clinic.id}/support/", asked, secure=True)
    session = support.sessions_of(clinic.id).get()
    there = Client(headers={"host": host_of(clinic)})

    to_console = there.get("/support/enter/", {"session": str(session.pk)}, secure=True)["Location"]
    back = console.get(to_console.partition(in_force.PLATFORM_URL)[2], secure=True)["Location"]
    there.get(back[back.index("/support/complete/") :], secure=True)
    assert there.get("/today/", secure=True).status_code == 200
    there.post("/support/end/", secure=True)

    assert {"__Host-support-state", "__Host-session"} <= names(jar)
    assert wrong(jar) == []


def test_what_the_browser_remembers_is_read_by_its_full_name(jar: Any, pages: Any, rita: User) -> None:
    browser = pages(rita)
    browser.client.cookies["theme"] = "dark"
    assert b'data-theme="dark"' not in browser.client.get("/today/", secure=True).content

    browser.client.cookies["__Host-theme"] = "dark"
    assert b'data-theme="dark"' in browser.client.get("/today/", secure=True).content


def test_our_own_code_sets_cookies_in_one_place_only() -> None:
    """`kernel.cookies` in Python and `lib/cookies.ts` in the browser: they know the prefix."""
    python = [path for top in ("platform", "tenants", "modules", "config") for path in (ROOT / top).rglob("*.py")]
    scripts = list((ROOT / "platform" / "webui" / "frontend" / "src").rglob("*.ts"))
    sets = re.compile(r"\.set_cookie\(|\.set_signed_cookie\(|\.delete_cookie\(|document\.cookie\s*=[^=]")

    found = {path.name for path in python + scripts if sets.search(path.read_text())}

    assert found == {"cookies.py", "cookies.ts"}


def test_without_https_no_cookie_bears_a_prefix_that_browsers_would_refuse() -> None:
    assert cookie_settings(is_https=False) == {
        "COOKIE_PREFIX": "",
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_NAME": "csrftoken",
        "CSRF_COOKIE_SECURE": False,
    }
