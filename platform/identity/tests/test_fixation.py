"""A session that somebody else began, and planted, is never the one that is signed in."""

from __future__ import annotations

import pytest
from django.conf import settings

from identity.models import Session, User
from identity.second_step import give_app
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.digits import digits

PLATFORM, CLINIC = "localhost:8000", "clinic.localhost:8000"
RITA = "rita@clinic.example"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def session_at(visitor: Browser, host: str) -> str:
    return str(visitor.client(host).cookies[settings.SESSION_COOKIE_NAME].value)


def is_signed_in(key: str, host: str, path: str) -> bool:
    """Test whether whoever has this session, and nothing else, is let in."""
    somebody = Browser()
    somebody.client(host).cookies[settings.SESSION_COOKIE_NAME] = key
    somebody.open(f"http://{host}{path}")
    return somebody.path == path


@pytest.fixture
def planted(db: None) -> tuple[Browser, str]:
    """A browser with an anonymous session that somebody else knows, half way through the password's page."""
    visitor = Browser()
    visitor.send({"login": RITA, "password": "wrong"}, to=f"http://{PLATFORM}/accounts/login/")
    visitor.send({"name": "M", "email": "m@else.example", "password1": PASSWORD}, to="/accounts/signup/")
    return visitor, session_at(visitor, PLATFORM)


def test_signing_in_begins_another_session(planted: tuple[Browser, str]) -> None:
    visitor, known = planted
    visitor.open(f"http://{PLATFORM}/accounts/login/")

    visitor.sign_in(RITA, PASSWORD)

    assert visitor.path == "/workspaces/"
    assert session_at(visitor, PLATFORM) != known
    assert not is_signed_in(known, PLATFORM, "/workspaces/")
    assert not Session.objects.filter(session_key=known).exists()


def test_so_does_the_second_step_and_between_the_two_nothing_opens(planted: tuple[Browser, str], rita: User) -> None:
    visitor, known = planted
    give_app(rita, secret=SECRET)
    visitor.open(f"http://{PLATFORM}/accounts/login/")
    visitor.sign_in(RITA, PASSWORD)
    assert visitor.path == "/accounts/2fa/authenticate/"
    between = session_at(visitor, PLATFORM)
    assert not is_signed_in(between, PLATFORM, "/workspaces/")

    visitor.send({"code": digits(SECRET)})

    assert visitor.path == "/workspaces/"
    assert session_at(visitor, PLATFORM) not in (known, between)
    assert not is_signed_in(known, PLATFORM, "/workspaces/")
    assert not is_signed_in(between, PLATFORM, "/workspaces/")


def test_coming_over_to_a_tenant_begins_another_session_there(db: None) -> None:
    """Also over one that is signed in as somebody else: they leave, and who comes is not them."""
    visitor = Browser()
    visitor.open(f"http://{CLINIC}/today/")
    visitor.sign_in("bo@clinic.example", PASSWORD)
    of_bo = session_at(visitor, CLINIC)
    visitor.client(PLATFORM).cookies.clear()

    visitor.open(f"http://{CLINIC}/sign-in/?next=/today/")
    visitor.sign_in(RITA, PASSWORD)

    assert "Rita" in visitor.text
    assert session_at(visitor, CLINIC) != of_bo
    assert not is_signed_in(of_bo, CLINIC, "/today/")


def test_a_key_that_was_made_up_is_not_taken(db: None) -> None:
    visitor = Browser()
    made_up = "a" * 32
    visitor.client(CLINIC).cookies[settings.SESSION_COOKIE_NAME] = made_up
    visitor.client(PLATFORM).cookies[settings.SESSION_COOKIE_NAME] = made_up

    visitor.open(f"http://{CLINIC}/today/")
    visitor.sign_in(RITA, PASSWORD)

    assert visitor.path == "/today/"
    assert made_up not in (session_at(visitor, CLINIC), session_at(visitor, PLATFORM))
    assert not Session.objects.filter(session_key=made_up).exists()
