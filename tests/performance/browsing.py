"""A browser without JavaScript, over real connections: keeps each host's cookies, follows redirects between hosts."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

MOVED = (301, 302, 303)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """`url` is where it is, `status` and `text` are what it got there."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.url, self.status, self.text = "", 0, ""
        self._cookies: dict[str, dict[str, str]] = {}

    def open(self, address: str) -> None:
        self._ask("GET", address, None)

    def send(self, fields: dict[str, str]) -> None:
        """Send a form to where it came from, with the token that stands in it."""
        token = TOKEN.search(self.text)
        filled = fields | ({"csrfmiddlewaretoken": token[1]} if token else {})
        self._ask("POST", self.url, urlencode(filled).encode())

    def _ask(self, method: str, address: str, body: bytes | None) -> None:
        came_from, self.url = self.url, urljoin(self.url, address)
        for _ in range(12):
            location = self._exchange(method, body, came_from)
            if self.status not in MOVED:
                return
            came_from, self.url, method, body = self.url, urljoin(self.url, location), "GET", None
        raise RuntimeError(f"{address} leads round in a circle")

    def _exchange(self, method: str, body: bytes | None, came_from: str) -> str:
        parts = urlsplit(self.url)
        kept = self._cookies.setdefault(parts.netloc, {})
        headers = {"Host": parts.netloc, "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
        if body is not None:
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(came_from))
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Referer": came_from}
        self.connection.request(method, f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, headers)
        answer = self.connection.getresponse()
        self.status, self.text = answer.status, answer.read().decode(errors="replace")
        for line in answer.headers.get_all("Set-Cookie", []):
            kept.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return answer.headers.get("Location", "")
