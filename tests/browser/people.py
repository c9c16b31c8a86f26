"""People with browsers. They do what one can do with eyes, keyboard and pointer, and read their mail."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.password import PASSWORD

MEANT = (409, 422, 503)  # a time that is taken, a form that is refused, a workspace that is suspended
TOLD = ("status of", "Response Status Error Code")  # by the browser, by htmx
PATIENCE = 45_000  # milliseconds until something that was caused must show


def is_inside(url: str) -> bool:
    return "/accounts/" not in url and "/sign-in/" not in url


class Visitor:
    """Somebody with a browser of their own. Whatever the console complains about is remembered in `complaints`."""

    def __init__(self, port: int, page: Page) -> None:
        self.port, self.page = port, page
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.complaints: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def address(self, path: str, tenant: str = "") -> str:
        return f"http://{f'{tenant}.' if tenant else ''}localhost:{self.port}{path}"

    def open(self, path: str, tenant: str = "") -> Page:
        self.page.goto(self.address(path, tenant))
        return self.page

    def sign_in(self, email: str, tenant: str = "", password: str = PASSWORD) -> Page:
        """Sign in from where the tenant's front page, or the platform's, sends whoever is a stranger."""
        self.open("/sign-in/" if tenant else "/accounts/login/", tenant)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        if email.startswith("oda@"):
            self._prove_by_digits()
        self.page.wait_for_url(is_inside)
        return self.page

    def _prove_by_digits(self) -> None:
        """Enter what an operator's telephone shows. Digits count once, and for half a minute: so again, if need be."""
        for _ in range(3):
            digits = self._digits()
            self.page.get_by_label("Code").fill(digits)
            self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
            while self._digits() == digits:
                self.page.wait_for_timeout(200)
                if is_inside(self.page.url):
                    return

    def _digits(self) -> str:
        return str(call(self.port, "GET", "/outbox/operators-digits/")["digits"])

    def go_on_with(self, cookies: Iterable[Any]) -> None:
        """Be who another browser was signed in as: these are its cookies."""
        self.page.context.add_cookies([*cookies])

    def newest_mail(self, to: str, about: str) -> dict[str, Any]:
        """Wait for the newest mail to somebody with these words in its subject."""
        for _ in range(PATIENCE // 200):
            for mail in call(self.port, "GET", f"/outbox/?format=json&to={quote(to)}"):
                if about.lower() in mail["subject"].lower():
                    return dict(mail)
            time.sleep(0.2)
        raise AssertionError(f"no mail to {to} about “{about}”")

    def link_in(self, mail: dict[str, Any], part: str) -> str:
        return next(str(link) for link in mail["links"] if part in link)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(f"{told} {status}" in text for told in TOLD for status in MEANT):
            self.complaints.append(text)


class Program:
    """Somebody's program that speaks to the API of one tenant."""

    def __init__(self, port: int, tenant: str, email: str) -> None:
        self.port, self.tenant, self.token = port, tenant, ""
        self.token = self.post("/api/token/", {"username": email, "password": PASSWORD})["access"]

    def get(self, path: str) -> Any:
        return call(self.port, "GET", path, tenant=self.tenant, token=self.token)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return call(self.port, "POST", path, tenant=self.tenant, token=self.token, body=body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return call(self.port, "PUT", path, tenant=self.tenant, token=self.token, body=body)

    def free_times(self, service_id: str) -> list[dict[str, Any]]:
        """Return the free times of the fortnight after tomorrow."""
        first, last = (datetime.now(UTC).date() + timedelta(days=days) for days in (2, 16))
        found = self.get(f"/api/scheduling/slots/?service_id={service_id}&from={first}&to={last}")
        return list(found["items"])


def call(port: int, method: str, path: str, *, tenant: str = "", token: str = "", body: Any = None) -> Any:
    """Ask the site for JSON."""
    headers = {"Host": f"{f'{tenant}.' if tenant else ''}localhost:{port}", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        content = answer.read()
    assert answer.status < 400, content
    return json.loads(content)
