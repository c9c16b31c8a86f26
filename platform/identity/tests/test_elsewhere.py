"""Signing in by the word of a provider: who is let in, who is not, and that nobody's account is taken over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as in_force

from config.env import Environment
from config.oidc import oidc_providers
from identity.models import User
from identity.second_step import give_app
from identity.tests import provider_stand_in
from identity.tests.provider_stand_in import CLIENT_ID, CLIENT_SECRET, Provider
from tests.across_hosts import Browser
from tests.cast import PASSWORD
from tests.digits import digits

RITA = "rita@clinic.example"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PAULA = {"sub": "42", "email": "paula@home.example", "email_verified": True, "name": "Paula Patient"}
ONWARD = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@pytest.fixture
def stand_in(db: None, settings: Any) -> Iterator[Provider]:
    with provider_stand_in.running() as provider:
        named = {
            "ISSUER": provider.issuer,
            "NAME": "Example ID",
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
        }
        env = Environment(**{"ATRIUM_MODE": "test"} | {f"ATRIUM_OIDC_{name}": value for name, value in named.items()})
        settings.SOCIALACCOUNT_PROVIDERS = oidc_providers(env)
        settings.PLATFORM_URLCONF = "identity.tests.urls_elsewhere"
        yield provider


def leave(visitor: Browser, *, process: str = "login", onward: str = "") -> str:
    """Press the button. Return the provider's address that the page leads on to."""
    (app,) = in_force.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    fields = {"process": process} | ({"next": onward} if onward else {})
    visitor.send(fields, to=f"http://localhost:8000/accounts/oidc/{app['provider_id']}/login/")
    found = ONWARD.search(visitor.text)
    return found.group(1).replace("&amp;", "&") if found else ""


def come(visitor: Browser, provider: Provider, person: dict[str, Any], **how: str) -> Any:
    """Go to the provider, be this person there, and come back."""
    provider.person = person
    return visitor.open(provider.approve(leave(visitor, **how)))


def connect(visitor: Browser, provider: Provider, person: dict[str, Any]) -> None:
    visitor.open("http://localhost:8000/accounts/login/")
    visitor.sign_in(RITA, PASSWORD)
    come(visitor, provider, person, process="connect")
    assert visitor.path == "/accounts/reauthenticate/"
    visitor.send({"password": PASSWORD, "next": visitor.hidden("next")})


def test_without_a_provider_there_is_no_button_and_no_page(db: None) -> None:
    visitor = Browser()

    assert "Sign in with" not in visitor.open("/accounts/login/").content.decode()
    for path in ("/accounts/3rdparty/", "/accounts/oidc/x/login/", "/accounts/oidc/x/login/callback/"):
        assert visitor.open(path).status_code == 404


def test_somebody_new_is_signed_in_with_a_name_and_a_proved_address(stand_in: Provider) -> None:
    visitor = Browser()
    assert "Sign in with Example ID" in visitor.open("/accounts/login/").content.decode()

    come(visitor, stand_in, PAULA)

    assert (visitor.path, visitor.answer.status_code) == ("/workspaces/", 200)
    user = User.objects.get(email="paula@home.example")
    assert (user.name, user.has_usable_password()) == ("Paula Patient", False)
    assert EmailAddress.objects.get(user=user).verified


def test_they_come_to_where_they_were_going(stand_in: Provider) -> None:
    visitor = Browser()
    visitor.open("http://clinic.localhost:8000/my/")

    come(visitor, stand_in, PAULA, onward=visitor.hidden("next"))

    assert (visitor.host, visitor.path) == ("clinic.localhost:8000", "/my/claim/")


@pytest.mark.parametrize("email_verified", [True, False])
def test_an_account_that_is_there_is_not_taken_over_by_its_address(
    stand_in: Provider, mailoutbox: Any, rita: User, email_verified: bool
) -> None:
    visitor = Browser()

    come(visitor, stand_in, PAULA | {"email": RITA.upper(), "email_verified": email_verified})

    assert visitor.path == "/accounts/confirm-email/"
    assert visitor.open("/workspaces/").status_code == 200
    assert visitor.path == "/accounts/login/"
    assert not SocialAccount.objects.exists()
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([RITA], "You have an account already")]


def test_an_address_that_the_provider_does_not_vouch_for_is_confirmed_first(
    stand_in: Provider, mailoutbox: Any
) -> None:
    visitor = Browser()

    come(visitor, stand_in, PAULA | {"email_verified": False})

    assert visitor.path == "/accounts/confirm-email/"
    assert [mail.to for mail in mailoutbox] == [["paula@home.example"]]
    visitor.open("/workspaces/")
    assert visitor.path == "/accounts/login/"


def test_who_comes_without_an_address_says_one_and_confirms_it(stand_in: Provider, mailoutbox: Any) -> None:
    visitor = Browser()
    come(visitor, stand_in, {"sub": "42", "name": "Paula Patient"})
    assert "did not tell us how to reach you" in visitor.text

    visitor.send({"name": "Paula P.", "email": "paula@home.example"})

    assert visitor.path == "/accounts/confirm-email/"
    assert User.objects.get(email="paula@home.example").name == "Paula P."
    assert [mail.to for mail in mailoutbox] == [["paula@home.example"]]


def test_who_is_signed_in_connects_the_two_and_comes_in_by_either_from_then_on(
    stand_in: Provider, mailoutbox: Any
) -> None:
    visitor = Browser()
    connect(visitor, stand_in, PAULA | {"email": "else@home.example"})
    assert "It is connected." in visitor.text
    assert [mail.subject for mail in mailoutbox] == ["An account elsewhere was connected"]

    other = Browser()
    come(other, stand_in, PAULA | {"email": "else@home.example"})

    assert other.path == "/workspaces/"
    assert User.objects.count() == User.objects.exclude(email="else@home.example").count()


def test_it_is_disconnected_again(stand_in: Provider) -> None:
    visitor = Browser()
    connect(visitor, stand_in, PAULA)
    account = SocialAccount.objects.get()

    visitor.send({"account": str(account.pk)}, to="/accounts/3rdparty/")

    assert "It is disconnected." in visitor.text
    assert not SocialAccount.objects.exists()


def test_the_second_step_is_asked_for_all_the_same(stand_in: Provider, rita: User) -> None:
    connect(Browser(), stand_in, PAULA)
    give_app(rita, secret=SECRET)
    visitor = Browser()

    come(visitor, stand_in, PAULA)

    assert visitor.path == "/accounts/2fa/authenticate/"
    visitor.send({"code": digits(SECRET)})
    assert visitor.path == "/workspaces/"


def test_an_answer_that_another_browser_asked_for_signs_nobody_in(stand_in: Provider) -> None:
    stand_in.person = PAULA
    answer = stand_in.approve(leave(Browser()))
    visitor = Browser()

    visitor.open(answer)

    assert visitor.answer.status_code in (200, 401)
    assert "That did not work" in visitor.text
    assert not User.objects.filter(email=PAULA["email"]).exists()


def test_an_answer_is_good_once(stand_in: Provider) -> None:
    visitor = Browser()
    stand_in.person = PAULA
    answer = stand_in.approve(leave(visitor))
    visitor.open(answer)
    visitor.send(to="/accounts/logout/")

    visitor.open(answer)

    visitor.open("/workspaces/")
    assert visitor.path == "/accounts/login/"


def test_a_provider_that_is_down_is_told_calmly(stand_in: Provider) -> None:
    stand_in.is_down = True
    visitor = Browser()

    leave(visitor)

    assert visitor.answer.status_code == 401
    assert "We could not sign you in by that account." in visitor.text


def test_turning_back_is_told_calmly(stand_in: Provider) -> None:
    visitor = Browser()
    state = re.search(r"[?&]state=([^&]+)", leave(visitor))
    assert state is not None
    (app,) = in_force.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]

    visitor.open(f"/accounts/oidc/{app['provider_id']}/login/callback/?error=access_denied&state={state.group(1)}")

    assert "You turned back before it was done." in visitor.text


def test_a_link_alone_begins_nothing(stand_in: Provider) -> None:
    (app,) = in_force.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]

    assert Browser().open(f"/accounts/oidc/{app['provider_id']}/login/").status_code == 405


def test_another_issuer_is_another_provider_whatever_it_calls_people() -> None:
    def id_of(issuer: str) -> str:
        env = Environment(ATRIUM_MODE="test", ATRIUM_OIDC_ISSUER=issuer, ATRIUM_OIDC_NAME="X")
        return str(oidc_providers(env)["openid_connect"]["APPS"][0]["provider_id"])

    assert id_of("https://accounts.google.com") == "accounts.google.com"
    assert id_of("https://id.example/realms/One/") == "id.example-realms-one"
    assert oidc_providers(Environment(ATRIUM_MODE="test")) == {}
