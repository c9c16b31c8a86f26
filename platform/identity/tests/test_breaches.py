"""Stolen passwords are refused where the deployment has a list of them, and nobody learns which was asked about."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from identity.breaches import FakeRanges, HttpRanges, NotStolenValidator, Unanswered, is_stolen
from tests.across_hosts import Browser
from tests.cast import PASSWORD

STOLEN, GOOD = "calm-and-steady-9", "quite-unknown-to-all-4"


class Service(HTTPServer):
    """Answers as the list's owner describes it. `says` is what it says instead, if anything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []
        self.status, self.says = 200, ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/range/"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Add-Padding", "")))
        hashed = hashlib.sha1(STOLEN.encode(), usedforsecurity=False).hexdigest().upper()
        padding, theirs = "0" * 34 + "A:0", f"{hashed[5:]}:42"
        lines = [padding, theirs] if self.path == f"/range/{hashed[:5]}" else [padding]
        body = (self.server.says or "\r\n".join(lines)).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        settings.STOLEN_PASSWORDS_URL = service.address
        yield service
        service.shutdown()
        thread.join()


def test_no_more_than_five_digits_of_a_hash_leave_the_house(service: Service) -> None:
    with pytest.raises(ValidationError, match="in a list of stolen ones"):
        NotStolenValidator().validate(STOLEN)

    ((path, padded),) = service.asked
    assert (len(path.removeprefix("/range/")), padded) == (5, "true")


def test_a_password_that_is_not_in_the_list_passes(service: Service) -> None:
    NotStolenValidator().validate(GOOD)

    assert len(service.asked) == 1


def test_lines_that_only_pad_the_answer_count_for_nothing() -> None:
    known = FakeRanges([STOLEN])

    assert [is_stolen(password, known) for password in (STOLEN, GOOD)] == [True, False]
    assert all(len(prefix) == 5 for prefix in known.asked)


@pytest.mark.parametrize(("status", "says"), [(503, "down"), (404, ""), (200, "<html>"), (200, "\xff\xfe")])
def test_a_service_that_answers_nonsense_lets_the_password_pass(service: Service, status: int, says: str) -> None:
    service.status, service.says = status, says

    NotStolenValidator().validate(STOLEN)

    with pytest.raises(Unanswered):
        HttpRanges(service.address).beginning_with("ABCDE")


def test_a_service_that_is_gone_lets_passwords_pass_and_is_left_alone_for_a_while(service: Service) -> None:
    service.status = 503
    NotStolenValidator().validate(STOLEN)
    service.status = 200

    NotStolenValidator().validate(STOLEN)

    assert len(service.asked) == 1


def test_without_a_list_nobody_is_asked(settings: Any) -> None:
    assert settings.STOLEN_PASSWORDS_URL == ""

    NotStolenValidator().validate(STOLEN)


def test_the_form_says_so_and_the_old_password_stays(db: None, service: Service) -> None:
    visitor = Browser()
    visitor.open("http://localhost:8000/accounts/password/change/")
    visitor.sign_in("rita@clinic.example", PASSWORD)

    answer = visitor.send({"oldpassword": PASSWORD, "password1": STOLEN, "password2": STOLEN})

    assert answer.status_code == 422
    assert "This password is in a list of stolen ones." in visitor.text
    assert visitor.send({"oldpassword": PASSWORD, "password1": GOOD, "password2": GOOD}).status_code == 200


def test_so_does_the_api(service: Service, api: Any) -> None:
    refused = api(None).post("/api/users/register/", {"email": "paul@home.example", "password": STOLEN})

    assert (refused.status_code, refused.json()["code"]) == (422, "password-too-weak")
