"""A browser without JavaScript that goes from host to host, as people do when they sign in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client

MOVED = (301, 302, 303)


class Browser:
    """Keeps each host's cookies apart, and follows redirects between the hosts. `url` is where it is now."""

    def __init__(self) -> None:
        self.url: str = settings.PLATFORM_URL
        self.answer: Any = None
        self._clients: dict[str, Client] = {}

    def open(self, address: str, **headers: str) -> Any:
        """Go to an address, or to a path on the host that it is at."""
        return self._ask("get", address, {}, headers)

    def send(self, fields: dict[str, Any] | None = None, *, to: str = "", **headers: str) -> Any:
        """Send a form to where it came from, or to the address its `action` names."""
        return self._ask("post", to or self.url, fields or {}, headers)

    def sign_in(self, email: str, password: str) -> Any:
        """Fill in the sign-in page that it is at, going where that leads."""
        return self.send({"login": email, "password": password, "next": self.hidden("next")})

    def hidden(self, name: str) -> str:
        """Return what the form of this page carries along under a name."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.text)
        return found.group(1).replace("&amp;", "&").replace("&#x27;", "'") if found else ""

    @property
    def text(self) -> str:
        return str(self.answer.content.decode())

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def client(self, host: str) -> Client:
        return self._clients.setdefault(host, Client(headers={"host": host}))

    def _ask(self, method: str, address: str, fields: dict[str, Any], headers: dict[str, str]) -> Any:
        self.url = urljoin(self.url, address)
        for _ in range(12):
            parts = urlsplit(self.url)
            path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            self.answer = getattr(self.client(parts.netloc), method)(
                path, fields or None, headers=headers, secure=parts.scheme == "https"
            )
            if self.answer.status_code not in MOVED:
                return self.answer
            self.url, method, fields = urljoin(self.url, self.answer["Location"]), "get", {}
        raise AssertionError(f"{address} leads round in a circle")


def links_in(mail: Any) -> list[str]:
    """Return the addresses in the text of a mail."""
    return re.findall(r"https?://\S+", mail.body)
