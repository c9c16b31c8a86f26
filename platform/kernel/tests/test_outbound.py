"""Nobody leads us into our own network, and nobody keeps us waiting or fills our memory."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import outbound
from kernel.outbound import NotFetched, fetch, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
    "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "64:ff9b:1::a00:1", "2001:0:4136:e378::", "100::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4009::200e"]

Handle = Callable[[BaseHTTPRequestHandler], None]


@pytest.mark.parametrize(("address", "expected"), [*((a, False) for a in PRIVATE), *((a, True) for a in PUBLIC)])
def test_an_address_is_public_or_is_not(address: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected


@given(st.ip_addresses(v=4))
def test_an_address_in_a_wrapping_is_as_public_as_what_is_in_it(inner: ipaddress.IPv4Address) -> None:
    as_hex = f"{inner.packed[:2].hex()}:{inner.packed[2:].hex()}"
    for wrapped in (f"::ffff:{as_hex}", f"64:ff9b::{as_hex}", f"2002:{as_hex}::1"):
        assert is_public(ipaddress.ip_address(wrapped)) is is_public(inner)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "address"),
        ("ftp://calendar.example/a.ics", "address"),
        ("file:///etc/passwd", "address"),
        ("https:///a.ics", "address"),
        ("https://[::1", "address"),
        ("https://calendar.example/a b.ics", "address"),
        ("https://calendar.example/\r\nX: y", "address"),
        ("https://calendar.example:99999/", "address"),
        ("https://" + "a" * 2000, "address"),
        ("https://ana:secret@calendar.example/", "signed-in"),
        ("http://calendar.example/", "not-https"),
        ("https://calendar.example:22/", "port"),
        ("https://127.0.0.1/", "not-public"),
        ("https://127.1/", "not-public"),
        ("https://0x7f.1/", "not-public"),
        ("https://2130706433/", "not-public"),
        ("https://localhost/", "not-public"),
        ("webcal://[::ffff:127.0.0.1]/", "not-public"),
        ("https://[64:ff9b::7f00:1]/", "not-public"),
        ("https://169.254.169.254/latest/meta-data/", "not-public"),
    ],
)
def test_an_address_that_must_not_be_asked_is_not(url: str, why: str) -> None:
    with pytest.raises(NotFetched) as refusal:
        fetch(url, accept="*/*")
    assert refusal.value.why == why


def test_a_name_with_one_private_address_among_its_own_is_not_asked(monkeypatch: Any) -> None:
    """And what is asked is the address that was looked at, not the name again."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_a, **_k: found)
    asked: list[Any] = []
    monkeypatch.setattr(outbound.socket, "create_connection", lambda address, **_k: asked.append(address))

    with pytest.raises(NotFetched, match="private network"):
        fetch("https://rebound.example/", accept="*/*")
    assert asked == []

    del found[1]
    with pytest.raises(Exception):  # noqa: B017, PT011 - nothing is connected here
        fetch("https://rebound.example/", accept="*/*")
    assert asked == [("93.184.216.34", 443)]


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[[Handle], str]]:
    """Put a server on this machine in the Internet's place, and return its address."""
    running: list[ThreadingHTTPServer] = []

    def start(handle: Handle) -> str:
        handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": handle, "log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        netloc = f"127.0.0.1:{server.server_port}"
        settings.OUTBOUND_STAND_INS = frozenset({netloc}) | settings.OUTBOUND_STAND_INS
        return f"http://{netloc}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def answer(
    request: BaseHTTPRequestHandler, body: bytes = b"", status: int = 200, *, length: int | None = None, **headers: str
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)


def test_what_comes_is_unpacked_and_what_has_not_changed_does_not_come_again(serve: Any) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == '"7"':
            answer(request, status=304, ETag='"7"')
        else:
            answer(request, gzip.compress(b"hello"), Content_Encoding="gzip", ETag='"7"', Content_Type="text/calendar")

    url = serve(handle)

    first = fetch(f"{url}/a.ics", accept="text/calendar")
    again = fetch(f"{url}/a.ics", accept="text/calendar", etag=first.etag)

    assert (first.content, first.media_type, first.etag) == (b"hello", "text/calendar", '"7"')
    assert (again.is_unchanged, again.content) == (True, b"")


def test_a_redirect_is_looked_at_like_any_address_and_followed_a_few_times(serve: Any) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        targets = {"/in": "http://10.0.0.1/", "/round": "/round", "/on": "/there", "/meta": "//169.254.169.254/"}
        if request.path in targets:
            answer(request, status=302, Location=targets[request.path])
        else:
            answer(request, b"there")

    url = serve(handle)

    assert fetch(f"{url}/on", accept="*/*").content == b"there"
    for path, why in (("/in", "not-https"), ("/meta", "not-https"), ("/round", "redirects")):
        with pytest.raises(NotFetched) as refusal:
            fetch(url + path, accept="*/*")
        assert refusal.value.why == why


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/large", "too-large"),
        ("/bomb", "too-large"),
        ("/cut", "unreachable"),
        ("/torn", "unreadable"),
        ("/odd", "unreadable"),
        ("/401", "refused"),
        ("/404", "missing"),
        ("/500", "broken"),
        ("/drip", "too-slow"),
    ],
)
def test_what_comes_too_large_too_slow_or_torn_is_given_up(path: str, why: str, serve: Any) -> None:
    is_done = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not is_done.wait(0.02):
            try:
                request.wfile.write(b".")
            except OSError:
                return

    def handle(request: BaseHTTPRequestHandler) -> None:
        match request.path:
            case "/large":
                answer(request, b"x" * (outbound.LARGEST + 1))
            case "/bomb":
                answer(request, gzip.compress(b"\0" * (outbound.LARGEST + 1)), Content_Encoding="gzip")
            case "/cut":
                answer(request, b"half", length=8)
            case "/torn":
                answer(request, gzip.compress(b"hello")[:-9], Content_Encoding="gzip")
            case "/odd":
                answer(request, b"x", Content_Encoding="br")
            case "/drip":
                drip(request)
            case _:
                answer(request, status=int(request.path[1:]))

    url = serve(handle)

    with pytest.raises(NotFetched) as refusal:
        fetch(url + path, accept="*/*", seconds=0.5 if path == "/drip" else outbound.SECONDS)
    is_done.set()

    assert refusal.value.why == why
