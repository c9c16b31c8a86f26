"""Whether an e-mail has an account is told to its mailbox, and by no answer of the sign-up to anybody else."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from identity.models import User
from kernel import limits
from tenants import signup
from tenants.models import Domain, Membership, Tenant, TenantState
from tenants.tests.test_signing_up import FORM, sign_up
from tests.across_hosts import Browser
from tests.cast import PASSWORD

ANA, NOBODY = "ana@clinic.example", "nobody@harbour.example"
TOKEN = re.compile(r'(csrfmiddlewaretoken" value=|csrf-token" content=|nonce=)"[^"]+"')
REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture
def visitor(db: None) -> Browser:
    return Browser()


def seen(visitor: Browser, email: str) -> tuple[Any, ...]:
    """Return all that the browser learned: where it is, what it reads there, and which cookies it has."""
    text = REQUEST_ID.sub("#", TOKEN.sub(r"\1", visitor.text)).replace(email, "…")
    return visitor.path, visitor.answer.status_code, text, sorted(visitor.client("localhost:8000").cookies)


def reserved(name: str = "harbour") -> Tenant:
    return Tenant.objects.get(domains__domain=name)


def both(does: Any) -> tuple[Any, Any]:
    """Have the same done with an address that has an account and with one that has none, each in a new browser."""
    told = []
    for email, name in ((ANA, "harbour"), (NOBODY, "harbuor")):
        visitor = Browser()
        does(visitor, email, name)
        told.append(tuple(str(each).replace(name, "…") for each in seen(visitor, email)))
    return told[0], told[1]


def once(visitor: Browser, email: str, name: str) -> None:
    sign_up(visitor, email=email, subdomain=name)


def twice(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    once(visitor, email, name)


def from_another_browser(visitor: Browser, email: str, name: str) -> None:
    once(Browser(), email, name)
    once(visitor, email, name)


def from_another_browser_with_another_password(visitor: Browser, email: str, name: str) -> None:
    once(Browser(), email, name)
    sign_up(visitor, email=email, subdomain=name, password="another-long-password")


def with_another_address_then(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    sign_up(visitor, email=f"right-{name}@harbour.example", subdomain=name)


def with_another_name_then(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    once(visitor, email, f"{name}-two")


def and_again_by_the_button(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    visitor.send(to="/start/mail/")


def and_again_too_often(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    for _ in range(6):
        visitor.send(to="/start/mail/")


def and_look_whether_the_name_is_free(visitor: Browser, email: str, name: str) -> None:
    once(visitor, email, name)
    visitor.open(f"/start/availability/?subdomain={name}")


@pytest.mark.parametrize(
    "does",
    [
        once,
        twice,
        from_another_browser,
        from_another_browser_with_another_password,
        with_another_address_then,
        with_another_name_then,
        and_again_by_the_button,
        and_again_too_often,
        and_look_whether_the_name_is_free,
    ],
)
def test_the_answer_is_the_same_for_an_address_with_an_account_and_without(
    does: Any, db: None, monkeypatch: Any
) -> None:
    at = time.time()  # for both: how long one has to wait is said in minutes, and another may begin between them
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: at))

    known, unknown = both(does)

    assert known == unknown


def test_the_mailbox_is_told(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor, email=ANA)

    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([ANA], "You have an account already")]
    assert "waits in your list for two days" in mailoutbox[0].body


def test_it_takes_as_much_work(db: None, monkeypatch: Any) -> None:
    """Hashing a password is nearly all of the time it takes."""
    hashed: list[str] = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *given: (hashed.append("."), encode(*given))[1])

    sign_up(Browser(), email=ANA)
    known = len(hashed)
    sign_up(Browser(), email=NOBODY, subdomain="harbuor")

    assert (known, len(hashed) - known) == (1, 1)


def test_nobody_is_signed_in_and_nothing_of_the_account_is_changed(visitor: Browser, ana: User) -> None:
    for _ in range(2):
        sign_up(visitor, email=ANA, owner_name="Mallory", password=PASSWORD)

    visitor.open("/workspaces/")
    assert visitor.path == "/accounts/login/"
    after = User.objects.get(pk=ana.pk)
    assert (after.name, after.password, after.last_login) == (ana.name, ana.password, ana.last_login)
    assert Membership.objects.filter(tenant=reserved()).count() == 0


def test_the_owner_of_the_account_signs_in_and_opens_it(visitor: Browser, run_jobs: Any) -> None:
    sign_up(visitor, email=ANA)
    visitor.open("/accounts/login/")
    visitor.sign_in(ANA, PASSWORD)
    visitor.open("/workspaces/")
    assert "Not open yet" in visitor.text

    visitor.send(to=f"/workspaces/{reserved().pk}/opening/")
    run_jobs()

    assert visitor.open(visitor.url).status_code == 200
    assert visitor.host == "harbour.localhost:8000"
    assert (reserved().owner.email, reserved().asked_with) == (ANA, "")


def test_what_a_stranger_reserved_is_not_opened_in_its_stead(visitor: Browser, ana: User) -> None:
    sign_up(Browser(), email=ANA)
    visitor.open("/accounts/login/")
    visitor.sign_in(ANA, PASSWORD)

    sign_up(visitor, subdomain="second")

    assert (reserved().state, reserved("second").state) == (TenantState.PENDING, TenantState.OPENING)


def test_what_nobody_opens_runs_out_and_the_account_stays(visitor: Browser, ana: User) -> None:
    sign_up(visitor, email=ANA)
    sign_up(Browser(), email=NOBODY, subdomain="harbuor")

    assert signup.sweep_unconfirmed(at=timezone.now() + timedelta(days=3)) == 2

    assert not Domain.objects.filter(domain__in=("harbour", "harbuor")).exists()
    assert User.objects.filter(pk=ana.pk).exists()
    assert not User.objects.filter(email=NOBODY).exists()


def test_withdrawing_takes_no_account_along_that_was_there_before(visitor: Browser) -> None:
    unconfirmed = User.objects.create_user("paul@home.example", PASSWORD)
    sign_up(visitor, email=unconfirmed.email)

    sign_up(visitor, email=NOBODY)

    assert User.objects.filter(pk=unconfirmed.pk).exists()
    assert reserved().owner.email == NOBODY


def test_the_same_button_mails_who_registered_as_a_person(visitor: Browser, mailoutbox: list[Any]) -> None:
    fields = {"name": "Paul", "email": ANA, "password1": FORM["password"]}
    visitor.send(fields, to="http://localhost:8000/accounts/signup/")

    visitor.send(to="/start/mail/")

    assert visitor.path == "/accounts/confirm-email/"
    assert [mail.subject for mail in mailoutbox] == ["You have an account already"] * 2
