"""What WebDAV servers are asked, and what they answer (RFC 4918, RFC 4791, RFC 6578): XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from xml.sax.saxutils import escape

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

DAV, CALDAV, CALENDARSERVER = "DAV:", "urn:ietf:params:xml:ns:caldav", "http://calendarserver.org/ns/"
PREFIXES = {"d": DAV, "c": CALDAV, "s": CALENDARSERVER}
SPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
SAFE = "%/:=&?~#+!$,;'@()*[]"
GOOD, GONE, TRUNCATED = 200, 404, 507


class NotMultistatus(ValueError):
    """What came is no answer of a WebDAV server."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What is said of one address. `status` is of the resource as such; a property that it has not is not there."""

    href: str
    status: int
    properties: dict[str, Any]

    def text(self, name: str) -> str:
        found = self.properties.get(tag(name))
        return (found.text or "").strip() if found is not None else ""

    def has(self, name: str, child: str) -> bool:
        found = self.properties.get(tag(name))
        return found is not None and found.find(f".//{tag(child)}") is not None

    def hrefs(self, name: str) -> list[str]:
        found = self.properties.get(tag(name))
        return [] if found is None else [_absolute(self.href, each) for each in found.iter(tag("d:href"))]


@dataclass(frozen=True, slots=True)
class Multistatus:
    resources: list[Resource]
    sync_token: str


def propfind(names: Iterable[str]) -> bytes:
    return _document("d:propfind", _properties(names))


def calendar_query(start: datetime, end: datetime) -> bytes:
    """Ask for the etags of all events that reach into a stretch of time."""
    around = f'start="{_utc(start)}" end="{_utc(end)}"'
    events = f'<c:comp-filter name="VEVENT"><c:time-range {around}/></c:comp-filter>'
    whole = f'<c:filter><c:comp-filter name="VCALENDAR">{events}</c:comp-filter></c:filter>'
    return _document("c:calendar-query", _properties(["d:getetag"]) + whole)


def multiget(hrefs: Iterable[str]) -> bytes:
    """Ask for the contents of some entries."""
    wanted = "".join(f"<d:href>{escape(urlsplit(href).path)}</d:href>" for href in hrefs)
    return _document("c:calendar-multiget", _properties(["d:getetag", "c:calendar-data"]) + wanted)


def sync_collection(token: str) -> bytes:
    """Ask what changed since a token."""
    level = "<d:sync-level>1</d:sync-level>"
    return _document(
        "d:sync-collection", f"<d:sync-token>{escape(token)}</d:sync-token>{level}{_properties(['d:getetag'])}"
    )


def read_multistatus(content: bytes, *, url: str) -> Multistatus:
    """Return what a server says that was asked at `url`. Raises `NotMultistatus`, for entities and the like, too."""
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotMultistatus from error
    if root.tag != tag("d:multistatus"):
        raise NotMultistatus
    return Multistatus(list(_resources(root, url)), (root.findtext(tag("d:sync-token")) or "").strip())


def tag(name: str) -> str:
    """Return `d:href` as ElementTree has it."""
    prefix, _, bare = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{bare}"


def _resources(root: Any, url: str) -> Iterator[Resource]:
    for response in root.iter(tag("d:response")):
        status = _code(response.findtext(tag("d:status")))
        properties: dict[str, Any] = {}
        for part in response.findall(tag("d:propstat")):
            if _code(part.findtext(tag("d:status"))) == GOOD:
                properties |= {each.tag: each for prop in part.findall(tag("d:prop")) for each in prop}
        for href in response.findall(tag("d:href")):
            yield Resource(_absolute(url, href), status, properties)


def _absolute(base: str, href: Any) -> str:
    """Return an address in full, and in signs that may stand in one."""
    return quote(urljoin(base, (href.text or "").strip()), safe=SAFE)


def _code(status: str | None) -> int:
    """Return 404 of `HTTP/1.1 404 Not Found`; 200 of nothing."""
    words = (status or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else GOOD


def _properties(names: Iterable[str]) -> str:
    return f"<d:prop>{''.join(f'<{name}/>' for name in names)}</d:prop>"


def _document(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><{name} {SPACES}>{inner}</{name}>'.encode()


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
