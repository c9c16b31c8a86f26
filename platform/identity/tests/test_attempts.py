"""Guessing passwords and codes: from one place, from many, at many accounts; and the way back in for the owner."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as NoConnection

from identity import attempts
from identity.attempts import begin_sign_in, note_signed_in
from identity.models import User
from kernel import limits, steady_cache
from kernel.limits import TooMany
from tenancy import use_platform
from tests.across_hosts import Browser, links_in
from tests.cast import PASSWORD
from tests.digits import digits

RITA = "rita@clinic.example"
LOGIN = "http://localhost:8000/accounts/login/"


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no minute end in the middle of a test."""
    moment = time.time()
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: moment))


def guess(times: int, *, email: str = RITA, ip: str = "198.51.100.7") -> None:
    for _ in range(times):
        begin_sign_in(email=email, ip=ip)


def is_let_try(*, email: str = RITA, ip: str = "198.51.100.7") -> bool:
    try:
        begin_sign_in(email=email, ip=ip)
    except TooMany:
        return False
    return True


def test_five_wrong_passwords_close_an_account_to_the_network_they_came_from() -> None:
    guess(5)

    assert not is_let_try(ip="198.51.100.200")
    assert is_let_try(ip="203.0.113.9")
    assert is_let_try(email="bo@clinic.example")


def test_guesses_from_many_networks_close_the_account_to_all_but_those_its_owner_knows() -> None:
    note_signed_in(email=RITA, ip="203.0.113.9")
    for n in range(30):
        guess(1, ip=f"10.{n}.0.1")

    assert not is_let_try(ip="10.99.0.1")
    assert is_let_try(ip="203.0.113.9")


def test_one_address_that_tries_many_accounts_is_stopped() -> None:
    for n in range(25):
        guess(1, email=f"guess{n}@clinic.example")

    assert not is_let_try(email="another@clinic.example")
    assert is_let_try(email="another@clinic.example", ip="198.51.100.8")


@pytest.mark.parametrize("address", ["198.51.100.{}", "2001:db8:0:1{:02x}::1"])
def test_one_network_that_tries_from_many_addresses_is_stopped(address: str) -> None:
    for n in range(100):
        guess(1, email=f"guess{n}@clinic.example", ip=address.format(n))

    assert not is_let_try(email="another@clinic.example", ip=address.format(200))
    assert is_let_try(email="another@clinic.example", ip="203.0.113.9")


def test_signing_in_now_and_then_does_not_reset_what_an_address_has_guessed() -> None:
    for n in range(24):
        guess(1, email=f"guess{n}@clinic.example")
        begin_sign_in(email="mallory@clinic.example", ip="198.51.100.7")
        note_signed_in(email="mallory@clinic.example", ip="198.51.100.7")
    guess(1, email="one-more@clinic.example")

    assert not is_let_try(email="another@clinic.example")


def test_people_of_one_practice_sign_in_as_often_as_they_like(db: None) -> None:
    for _ in range(60):
        begin_sign_in(email=RITA, ip="198.51.100.7")
        note_signed_in(email=RITA, ip="198.51.100.7")


def test_who_is_locked_out_gets_in_by_a_new_password_from_the_mail(db: None, mailoutbox: list[Any]) -> None:
    visitor = Browser()
    for _ in range(6):
        visitor.open(LOGIN)
        visitor.send({"login": RITA, "password": "wrong"})
    assert visitor.answer.status_code == 429

    visitor.send({"email": RITA}, to="/accounts/password/reset/")
    visitor.open(links_in(mailoutbox[0])[0])
    new = "a different horse battery"
    visitor.send({"password1": new, "password2": new})
    visitor.send(to="/accounts/logout/")
    visitor.open(LOGIN)
    visitor.sign_in(RITA, new)

    assert visitor.path == "/workspaces/"


def test_a_program_that_guesses_is_told_when_to_come_back(api: Any) -> None:
    door = api(None)
    for _ in range(5):
        assert door.post("/api/token/", {"username": RITA, "password": "wrong"}).status_code == 401

    answer = door.post("/api/token/", {"username": RITA, "password": PASSWORD})

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (429, "60", "too-many-requests")
    assert "Too many wrong tries." in answer.json()["detail"]


def test_a_program_that_knows_the_password_cannot_guess_the_second_step(api: Any, rita: User) -> None:
    secret = generate_totp_secret()
    with use_platform():
        TOTP.activate(rita, secret)
    door, good = api(None), {"username": RITA, "password": PASSWORD}
    wrong = [door.post("/api/token/", good | {"otp": f"{n:06}"}).status_code for n in range(5)]

    answer = door.post("/api/token/", good | {"otp": digits(secret)})
    assert (wrong, answer.status_code) == ([401] * 5, 429)

    attempts.note_code_was_right(rita)
    assert door.post("/api/token/", good | {"otp": digits(secret)}).status_code == 200


@pytest.mark.parametrize("host", ["clinic.localhost", "localhost"])
def test_without_valkey_people_sign_in_and_guessing_is_still_stopped(
    db: None, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise NoConnection("Connection refused.")

    monkeypatch.setattr(type(cache._cache), "get_client", refuse)  # type: ignore[attr-defined]
    cache.clear()
    visitor = Browser()
    visitor.open(f"http://{host}:8000/")
    visitor.open(LOGIN)
    visitor.sign_in(RITA, PASSWORD)
    assert visitor.path == "/workspaces/"

    thief = Browser()
    statuses = []
    for _ in range(6):
        thief.open(LOGIN)
        statuses.append(thief.sign_in("bo@clinic.example", "wrong").status_code)
    assert statuses == [422] * 5 + [429]
    steady_cache.outage.end()


def knock(door: str, times: int, *, seconds: int = 60, who: str = "127.0.0.1") -> None:
    """Have this address knocked so often at a door already."""
    for _ in range(times):
        limits.count(door, who, at_most=times, seconds=seconds)


def test_trying_names_of_hosts_ends_in_429_and_real_hosts_stay_open(db: None) -> None:
    prober = Client()
    knock("unknown-host", 299)
    first, second = (prober.get("/", headers={"host": f"guess-{n}.localhost"}) for n in range(2))

    assert (first.status_code, second.status_code) == (404, 429)
    assert int(second["Retry-After"]) > 0
    assert prober.get("/", headers={"host": "localhost"}).status_code == 200
    assert prober.get("/", headers={"host": "guess.localhost"}, REMOTE_ADDR="198.51.100.7").status_code == 404


@pytest.mark.parametrize(
    ("door", "allowed", "host", "path", "meanwhile"),
    [
        ("hand-over", 120, "clinic.localhost", "/sign-in/complete/?code=guessed", 403),
        ("invitation", 60, "localhost", f"/invitations/{UUID(int=0)}/guessed/", 404),
        ("availability", 120, "localhost", "/start/availability/?subdomain=guess", 200),
        ("pay-link", 240, "clinic.localhost", "/pay/guessed/", 404),
    ],
)
def test_guessing_at_an_open_door_ends_in_a_page_that_says_when_to_come_back(
    db: None, door: str, allowed: int, host: str, path: str, meanwhile: int
) -> None:
    prober = Client(headers={"host": host})
    knock(door, allowed - 1)
    last, refused = prober.get(path), prober.get(path)

    assert (last.status_code, refused.status_code) == (meanwhile, 429)
    assert int(refused["Retry-After"]) in range(1, 61)
    assert "That was too often. Try again in" in refused.content.decode()


@pytest.mark.parametrize(
    ("door", "allowed", "seconds", "path", "body", "meanwhile"),
    [
        ("token", 300, 60, "/api/token/", {"username": "", "password": ""}, 401),
        ("token-refresh", 300, 60, "/api/token/refresh/", {"refresh": "guessed"}, 401),
        ("register", 60, 3600, "/api/users/register/", {"email": "a@home.example", "password": "x"}, 422),
    ],
)
def test_guessing_at_an_open_endpoint_ends_in_a_problem_document(
    api: Any, door: str, allowed: int, seconds: int, path: str, body: dict[str, str], meanwhile: int
) -> None:
    knock(door, allowed - 1, seconds=seconds)
    last, refused = api(None).post(path, body), api(None).post(path, body)

    assert (last.status_code, refused.status_code) == (meanwhile, 429)
    assert (refused["Content-Type"], refused.json()["code"]) == ("application/problem+json", "too-many-requests")
    assert int(refused["Retry-After"]) in range(1, seconds + 1)


def test_a_form_of_allauth_that_is_sent_too_often_says_when_to_come_back(db: None) -> None:
    visitor = Browser()
    statuses = [visitor.send({"email": f"{n}@home.example"}, to="/accounts/password/reset/").status_code
                for n in range(21)]  # fmt: skip

    assert (set(statuses[:20]), statuses[20]) == ({200}, 429)
    assert visitor.answer["Retry-After"] == "60"
