"""Operators come in with a second step only, and are led to set one up."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from identity.models import User
from tenancy import use_platform
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.digits import digits
from tests.doors import session_key

CONSOLE = "http://localhost:8000/operators/"


def test_an_operator_is_asked_for_the_digits_before_the_console_opens(oda: User) -> None:
    browser = Browser()
    browser.open(CONSOLE)
    browser.sign_in(oda.email, PASSWORD)
    assert browser.path == "/accounts/2fa/authenticate/"
    assert browser.client("localhost:8000").get("/operators/").status_code == 302

    browser.send({"code": digits(settings.DEMO_OPERATOR_SECRET)})

    assert (browser.path, browser.answer.status_code) == ("/operators/", 200)


def test_one_who_has_no_second_step_is_led_to_set_one_up(platform_client: Any, oda: User) -> None:
    with use_platform():
        Authenticator.objects.filter(user=oda).delete()
    platform_client.cookies[settings.SESSION_COOKIE_NAME] = session_key(oda, None)

    answer = platform_client.get("/operators/")

    assert (answer.status_code, answer["Location"].removeprefix(settings.PLATFORM_URL)) == (302, "/accounts/2fa/")
    page = platform_client.get("/accounts/2fa/").content.decode()
    assert "This opens with a second step at sign-in only." in page
    assert platform_client.post("/operators/", headers={"hx-request": "true"})["HX-Redirect"].endswith("/accounts/2fa/")


def test_for_others_there_is_still_no_such_page(platform_client: Any, rita: User) -> None:
    platform_client.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, None)

    assert platform_client.get("/operators/").status_code == 404
