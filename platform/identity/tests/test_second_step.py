"""Two-step sign-in: six digits after the password, and codes on paper for when the phone is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.digits import digits

BO = "bo@clinic.example"
TURN_ON = "/accounts/2fa/totp/activate/"


def sign_in(visitor: Browser) -> Any:
    visitor.open("http://localhost:8000/accounts/login/")
    return visitor.sign_in(BO, PASSWORD)


@pytest.fixture
def careful(own_database: None) -> Browser:
    """Bo's browser, signed in, about to turn the second step on. What is told on commit is told in these tests."""
    visitor = Browser()
    sign_in(visitor)
    visitor.open(TURN_ON)
    assert visitor.path == "/accounts/reauthenticate/"
    visitor.send({"password": PASSWORD, "next": visitor.hidden("next")})
    return visitor


@pytest.fixture
def turned_on(careful: Browser) -> tuple[Browser, str, list[str]]:
    """Bo's browser, the secret in his app, and his codes on paper."""
    secret = careful.answer.context["form"].secret
    careful.send({"code": digits(secret)}, to=TURN_ON)
    return careful, secret, careful.answer.context["unused_codes"]


def test_the_page_shows_the_secret_to_scan_and_to_type(careful: Browser) -> None:
    secret = careful.answer.context["form"].secret

    assert f'value="{secret}"' in careful.text
    assert 'src="data:image/svg+xml' in careful.text


def test_it_is_on_once_the_app_shows_the_right_digits(careful: Browser) -> None:
    secret = careful.answer.context["form"].secret

    answer = careful.send({"code": "000000"}, to=TURN_ON)
    assert (answer.status_code, answer.context["form"].secret) == (422, secret)
    assert "That is not the code." in careful.text

    careful.send({"code": digits(secret)}, to=TURN_ON)
    assert careful.path == "/accounts/2fa/recovery-codes/"
    assert "Two-step sign-in is on." in careful.text
    assert len(careful.answer.context["unused_codes"]) == 10


def test_turning_it_on_is_told_by_mail(turned_on: Any, mailoutbox: list[Any]) -> None:
    assert "Two-step sign-in is on" in [mail.subject for mail in mailoutbox]


def test_from_then_on_the_password_alone_opens_nothing(turned_on: tuple[Browser, str, list[str]]) -> None:
    _, secret, _ = turned_on
    visitor = Browser()
    visitor.open("http://clinic.localhost:8000/patients/")
    visitor.sign_in(BO, PASSWORD)
    assert visitor.path == "/accounts/2fa/authenticate/"

    elsewhere = visitor.client("clinic.localhost:8000").get("/patients/")
    assert elsewhere.status_code == 302

    assert visitor.send({"code": "111111"}).status_code == 422
    visitor.send({"code": digits(secret)})
    assert (visitor.host, visitor.path) == ("clinic.localhost:8000", "/patients/")


def test_a_code_from_paper_is_good_once(turned_on: tuple[Browser, str, list[str]]) -> None:
    _, _, (code, *_rest) = turned_on
    visitor = Browser()
    sign_in(visitor)
    visitor.send({"code": code})
    assert visitor.path == "/workspaces/"

    second = Browser()
    sign_in(second)

    assert second.send({"code": code}).status_code == 422


def test_guessing_digits_is_stopped(turned_on: tuple[Browser, str, list[str]]) -> None:
    visitor = Browser()
    sign_in(visitor)
    for guess in range(12):
        visitor.send({"code": f"{guess:06}"})

    _, secret, _ = turned_on
    visitor.send({"code": digits(secret)})

    assert visitor.path == "/accounts/2fa/authenticate/"


def test_it_is_turned_off_again(turned_on: tuple[Browser, str, list[str]], mailoutbox: list[Any]) -> None:
    visitor, *_ = turned_on
    visitor.open("/accounts/2fa/totp/deactivate/")
    assert "Turn off two-step sign-in?" in visitor.text

    visitor.send()

    again = Browser()
    sign_in(again)
    assert again.path == "/workspaces/"
    assert "Two-step sign-in is off" in [mail.subject for mail in mailoutbox]
