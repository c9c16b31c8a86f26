"""Ask where somebody else named the address, without being led to a place that only we can reach (SSRF).

Every address that a name stands for has to be one of the open Internet, and the connection goes to the very address
that was looked at: a name that stands for another one a moment later leads nowhere. TLS and the `Host` header still
use the name. Redirects are followed a few times, each looked at in the same way. There is a limit to the time all of
it takes and to the size of what comes, before and after it is unpacked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.modules import Words

T = TypeVar("T")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

REDIRECTS = 3
REDIRECTING = {301, 302, 303, 307, 308}
REPEATING = REDIRECTING - {303}  # what was sent is not sent again to where only its outcome is
CHUNK = 64 * 1024
LARGEST = 5 * 1024 * 1024
SECONDS = 20.0
LONGEST_URL = 2000
PORTS = {443, 8443}  # of the web, and of nothing else that somebody could be made to talk to

NAT64 = ipaddress.ip_network("64:ff9b::/96")
NEVER = tuple(
    ipaddress.ip_network(each)
    for each in ("64:ff9b:1::/48", "fec0::/10", "2001::/32", "100::/64", "192.88.99.0/24", "240.0.0.0/4")
)


class NotFetched(DomainError):
    """What was to be fetched was not. `why` is a stable word for it, a key of `SENTENCES`; `str()` a sentence."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not-fetched"

    def __init__(self, why: str) -> None:
        super().__init__(str(SENTENCES[why]))
        self.why = why


SENTENCES: Mapping[str, Words] = {
    "address": _("This is no web address. It begins with https:// or webcal://."),
    "not-https": _("Only addresses that begin with https:// are read: others can be changed on the way."),
    "signed-in": _("The address must not hold a name and a password."),
    "port": _("The address names an unusual port. Only 443 and 8443 are read."),
    "unknown-host": _("There is no such host. Look for a typing error."),
    "not-public": _("This address leads into a private network. Only addresses of the open Internet are read."),
    "unreachable": _("The other side did not answer."),
    "not-trusted": _("The other side could not prove that it is who it says: its certificate is not good."),
    "too-slow": _("The other side took too long to answer."),
    "too-large": _("What came was larger than five megabytes."),
    "redirects": _("The address leads on, and on, and on."),
    "refused": _("The other side refused: the address may have been withdrawn."),
    "missing": _("The other side says that there is nothing at this address."),
    "broken": _("The other side answered with an error."),
    "unreadable": _("What came could not be unpacked."),
    "elsewhere": _("The address leads on to another host. Enter the address that it leads to, if you trust it."),
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `is_unchanged` is the answer to what the caller already knew, and comes with no content."""

    content: bytes
    media_type: str
    etag: str = ""
    last_modified: str = ""
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, whatever it was, and the address that answered in the end."""

    status: int
    headers: Mapping[str, str]  # by names in lower case
    content: bytes
    url: str


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    may_ask: Callable[[SplitResult], bool],
    body: bytes = b"",
    seconds: float = SECONDS,
) -> Answer:
    """Return what an address answers to a request that carries a secret. Raises `NotFetched`.

    `may_ask` is asked of every address that it leads on to, too: what must not learn the secret is not asked.
    """
    headers = {"Accept-Encoding": "gzip", "User-Agent": "Atrium", "Content-Length": str(len(body))} | dict(headers)
    asked = _Request(method, headers, body)
    with _deadline(seconds) as deadline:
        for _hop in range(REDIRECTS + 1):
            target = checked_target(url)
            if not may_ask(target):
                raise NotFetched("elsewhere")
            answer = _exchange(target, deadline, asked, partial(_whole, url=url, deadline=deadline))
            if answer.status not in REPEATING or not answer.headers.get("location"):
                return answer
            url = urljoin(url, answer.headers["location"])
    raise NotFetched("redirects")


def fetch(url: str, *, accept: str, etag: str = "", last_modified: str = "", seconds: float = SECONDS) -> Fetched:
    """Return what is at an address, or that it has not changed since. Raises `NotFetched`."""
    headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "Atrium"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    with _deadline(seconds) as deadline:
        for _hop in range(REDIRECTS + 1):
            target = checked_target(url)
            answer = _ask(target, headers, deadline)
            if isinstance(answer, Fetched):
                return answer
            url = urljoin(url, answer)
    raise NotFetched("redirects")


def checked_target(url: str) -> SplitResult:
    """Return an address in its parts, if it is one that may be asked at all. Raises `NotFetched`.

    `webcal://` is https by another name. What its host stands for is looked at when it is asked.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise NotFetched("address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotFetched("address") from None
    if parts.scheme in ("webcal", "webcals"):
        parts = parts._replace(scheme="https")
    if not host or parts.scheme not in ("https", "http"):
        raise NotFetched("address")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("signed-in")
    if _is_stand_in(parts):
        return parts
    if parts.scheme != "https":
        raise NotFetched("not-https")
    if (port or 443) not in PORTS:
        raise NotFetched("port")
    return parts


def is_public(address: Address) -> bool:
    """Test whether an address is one of the open Internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (_last_four(address) if address in NAT64 else None)
        if inner is not None:
            return is_public(inner)
    if any(address.version == net.version and address in net for net in NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _last_four(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(address.packed[-4:])


def _is_stand_in(parts: SplitResult) -> bool:
    """Test whether a test put something in the place of the Internet here. Production names nothing."""
    return parts.netloc in settings.OUTBOUND_STAND_INS


def _addresses(parts: SplitResult) -> list[str]:
    """Return what the host stands for. Raises `NotFetched` unless every single address is public."""
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFetched("unknown-host") from None
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_rest, sockaddr in found))
    if not _is_stand_in(parts) and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise NotFetched("not-public")
    return addresses


class _Deadline:
    """Hangs up when the time is over, whatever the socket is just doing: a trickle of bytes keeps nobody waiting."""

    def __init__(self) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None

    def watch(self, connected: socket.socket) -> None:
        self._socket = connected
        if self.is_over:
            self.hang_up()

    def hang_up(self) -> None:
        self.is_over = True
        if self._socket is not None:
            try:
                # Of the descriptor itself: a TLS socket would first want to say goodbye.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline()
    timer = threading.Timer(seconds, deadline.hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    headers: Mapping[str, str]
    body: bytes = b""


def _ask(parts: SplitResult, headers: Mapping[str, str], deadline: _Deadline) -> Fetched | str:
    """Return what one address answered, or where it leads on to."""

    def take(answer: http.client.HTTPResponse) -> Fetched | str:
        if answer.status in REDIRECTING and answer.headers.get("Location"):
            return str(answer.headers["Location"])
        return _read(answer, deadline)

    return _exchange(parts, deadline, _Request("GET", headers), take)


def _exchange(
    parts: SplitResult, deadline: _Deadline, asked: _Request, take: Callable[[http.client.HTTPResponse], T]
) -> T:
    """Return what `take` makes of what one address answered."""
    connection = _connected(parts, deadline)
    try:
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(asked.method, path, body=asked.body or None, headers=dict(asked.headers))
        with connection.getresponse() as answer:
            return take(answer)
    except (OSError, http.client.HTTPException):
        raise NotFetched("too-slow" if deadline.is_over else "unreachable") from None
    finally:
        connection.close()


def _connected(parts: SplitResult, deadline: _Deadline) -> http.client.HTTPConnection:
    """Return a connection to the first of the checked addresses that answers, speaking for the name."""
    host, is_safe = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    connection = http.client.HTTPConnection(host, port)
    if parts.port is None:
        connection.default_port = port  # so that the Host header is the bare name
    raw = _first_that_answers(_addresses(parts), port, deadline)
    try:
        connection.sock = _secured(raw, host) if is_safe else raw
        deadline.watch(connection.sock)
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
    except (OSError, ValueError) as error:
        (connection.sock or raw).close()
        if isinstance(error, ssl.SSLCertVerificationError):
            raise NotFetched("not-trusted") from None
        raise NotFetched("too-slow" if deadline.is_over else "unreachable") from None
    return connection


def _secured(raw: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    return context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)


def _first_that_answers(addresses: list[str], port: int, deadline: _Deadline) -> socket.socket:
    for address in addresses:
        if deadline.is_over:
            raise NotFetched("too-slow")
        try:
            return socket.create_connection((address, port), timeout=SECONDS / 4)
        except OSError:
            continue
    raise NotFetched("unreachable")


def _whole(answer: http.client.HTTPResponse, *, url: str, deadline: _Deadline) -> Answer:
    content = _content(answer, packing=answer.headers.get("Content-Encoding", "").strip().lower())
    if deadline.is_over:
        raise NotFetched("too-slow")
    return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content, url)


def _read(answer: http.client.HTTPResponse, deadline: _Deadline) -> Fetched:
    etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
    if answer.status == 304:
        return Fetched(b"", "", etag, modified, is_unchanged=True)
    if answer.status != 200:
        raise NotFetched({401: "refused", 403: "refused", 404: "missing", 410: "missing"}.get(answer.status, "broken"))
    content = _content(answer, packing=answer.headers.get("Content-Encoding", "").strip().lower())
    if deadline.is_over:  # what came until then looks like all of it
        raise NotFetched("too-slow")
    return Fetched(content, answer.headers.get_content_type(), etag, modified)


def _content(answer: http.client.HTTPResponse, *, packing: str) -> bytes:
    """Return the body, unpacked. A small file that unpacks to an enormous one is given up at the limit."""
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise NotFetched("unreadable")
    unpacker = zlib.decompressobj(wbits=47) if packing not in ("", "identity") else None
    content, came = bytearray(), 0
    while chunk := answer.read(CHUNK):
        came += len(chunk)
        try:
            content += unpacker.decompress(chunk, LARGEST + 1 - len(content)) if unpacker else chunk
        except zlib.error:
            raise NotFetched("unreadable") from None
        if max(came, len(content)) > LARGEST:
            raise NotFetched("too-large")
    if answer.length:  # the other side hung up in the middle
        raise NotFetched("unreachable")
    if unpacker and not unpacker.eof:
        raise NotFetched("unreadable")
    return bytes(content)
