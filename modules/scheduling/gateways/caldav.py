"""Calendars at a CalDAV server (RFC 4791), such as Nextcloud's, iCloud's, Fastmail's or Radicale.

Every request goes through `kernel.outbound`: to the open Internet only, bounded in time and size, and with the password
to no host but the one it was entered for.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from kernel import outbound
from kernel.outbound import Answer, NotFetched
from kernel.periods import Period
from modules.scheduling.gateways import dav
from modules.scheduling.gateways.dav import Multistatus, Resource
from modules.scheduling.gateways.sync import (
    Account,
    ChangedEntry,
    Changes,
    Clash,
    CredentialsRefused,
    FoundCalendar,
    Rejected,
    StandingEntry,
    Unreachable,
)

SECONDS = 20.0
SECONDS_EACH_IN_SEARCH = 8.0  # somebody waits for it
MULTISTATUS = 207
MOST_ENTRIES = 5_000
AT_ONCE = 20
ROUNDS = 50
LONGEST_ETAG = 200
BY_TOKEN, BY_TAG = "token:", "tag:"
# Hosts of one house: whoever is signed in at one of them is sent on to another.
HOUSES = (".icloud.com",)
ABOUT_CALENDARS = (
    "d:resourcetype",
    "d:displayname",
    "d:current-user-principal",
    "d:current-user-privilege-set",
    "c:calendar-home-set",
    "c:supported-calendar-component-set",
)
MAY_WRITE = ("d:all", "d:write", "d:write-content", "d:bind")
SEQUENCE = re.compile(rb"^SEQUENCE:(\d{1,9})\s*$", re.MULTILINE)


class CalDav:
    """The adapter."""

    def __init__(self, account: Account, *, seconds: float = SECONDS) -> None:
        signed = base64.b64encode(f"{account.user_name}:{account.password}".encode()).decode()
        self._address = account.address
        self._seconds = seconds
        # Unpacked: some servers give a packed answer another etag, which they then do not know.
        self._headers = {"Authorization": f"Basic {signed}", "Accept-Encoding": "identity"}

    def calendars(self) -> list[FoundCalendar]:
        about = self._start()
        if _is_calendar(about):
            return [_found(about)]
        homes = about.hrefs("c:calendar-home-set") or self._homes_of(about.hrefs("d:current-user-principal"))
        if not homes:
            raise Rejected("not-a-server")
        found = [_found(each) for home in homes[:3] for each in self._listed(home) if _is_calendar(each)]
        if not found:
            raise Rejected("no-calendars")
        return found

    def put(self, calendar: str, entry_id: str, content: bytes, *, etag: str | None) -> str:
        is_as_known = {} if etag is None else {"If-Match": etag} if etag else {"If-None-Match": "*"}
        headers = {"Content-Type": "text/calendar; charset=utf-8"} | is_as_known
        answer = self._ask("PUT", _address_of(calendar, entry_id), content, headers)
        if answer.status not in (200, 201, 204):
            _refuse(answer)
        if new := _strong(answer.headers.get("etag", "")):
            return new
        standing = self.standing(calendar, entry_id)  # it was written down otherwise than it was sent
        return standing.etag if standing else ""

    def remove(self, calendar: str, entry_id: str, *, etag: str) -> None:
        headers = {"If-Match": etag} if etag else {}
        answer = self._ask("DELETE", _address_of(calendar, entry_id), b"", headers)
        if answer.status not in (200, 202, 204, 404, 410):
            _refuse(answer)

    def standing(self, calendar: str, entry_id: str) -> StandingEntry | None:
        answer = self._ask("GET", _address_of(calendar, entry_id))
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            _refuse(answer)
        sequence = SEQUENCE.search(answer.content)
        return StandingEntry(_strong(answer.headers.get("etag", "")), int(sequence[1]) if sequence else 0)

    def name_of(self, calendar: str, entry_id: str) -> str:
        return _name(_address_of(calendar, entry_id))

    def changes(
        self, calendar: str, *, mark: str, known: Mapping[str, str], skip: Collection[str], during: Period
    ) -> Changes:
        if mark.startswith(BY_TOKEN):
            changes = self._since(calendar, mark.removeprefix(BY_TOKEN), known, skip)
            if changes is not None:
                return changes
        # Asked for first: what changes while the entries are read is then read twice, and not never.
        now = self._mark(calendar)
        if now and now == mark:
            return Changes(mark)
        return self._all(calendar, now, known, skip, during)

    def _start(self) -> Resource:
        """Return what the address says of itself, or what the host says where its calendars are (RFC 6764)."""
        for url in (self._address, urljoin(self._address, "/.well-known/caldav")):
            answer = self._ask("PROPFIND", url, dav.propfind(ABOUT_CALENDARS), {"Depth": "0"})
            if answer.status == MULTISTATUS:
                found = _multistatus(answer).resources
                if found and (_is_calendar(found[0]) or _leads_on(found[0])):
                    return found[0]
        raise Rejected("not-a-server")

    def _homes_of(self, principals: list[str]) -> list[str]:
        for principal in principals[:1]:
            for about in self._found(principal, ["c:calendar-home-set"], depth="0").resources:
                return about.hrefs("c:calendar-home-set")
        return []

    def _listed(self, home: str) -> list[Resource]:
        return self._found(home, ABOUT_CALENDARS, depth="1").resources

    def _mark(self, calendar: str) -> str:
        """Return what changes with every change in a calendar; nothing, if the server has no such thing."""
        for about in self._found(calendar, ["d:sync-token", "s:getctag"], depth="0").resources:
            if token := about.text("d:sync-token"):
                return f"{BY_TOKEN}{token}"
            if changing := about.text("s:getctag"):
                return f"{BY_TAG}{changing}"
        return ""

    def _since(self, calendar: str, token: str, known: Mapping[str, str], skip: Collection[str]) -> Changes | None:
        """Return the changes since a token; None if the server has forgotten it, or does not come to an end."""
        last: dict[str, Resource] = {}  # what was said last of each
        for _round in range(ROUNDS):
            answer = self._ask("REPORT", calendar, dav.sync_collection(token), {"Depth": "0"})
            if answer.status != MULTISTATUS:
                return None
            found = _multistatus(answer)
            last |= {_name(each.href): each for each in _entries(found, calendar)}
            _check_many(len(last))
            if not found.sync_token:
                return None
            token = found.sync_token
            if not _is_cut_short(found):
                gone = frozenset(name for name, each in last.items() if each.status == dav.GONE)
                there = {name: each for name, each in last.items() if name not in gone}
                changed, left_out = self._with_contents(calendar, there, known, skip)
                return Changes(f"{BY_TOKEN}{token}", changed, gone=gone, left_out=left_out)
        return None

    def _all(
        self, calendar: str, mark: str, known: Mapping[str, str], skip: Collection[str], during: Period
    ) -> Changes:
        asked = dav.calendar_query(during.start, during.end)
        answer = self._ask("REPORT", calendar, asked, {"Depth": "1"})
        there = {_name(each.href): each for each in _entries(_multistatus(answer), calendar)}
        _check_many(len(there))
        changed, left_out = self._with_contents(calendar, there, known, skip)
        return Changes(mark, changed, names=frozenset(there), left_out=left_out)

    def _with_contents(
        self, calendar: str, found: Mapping[str, Resource], known: Mapping[str, str], skip: Collection[str]
    ) -> tuple[list[ChangedEntry], bool]:
        """Return what is not known, and not to be skipped, with its contents; and whether something was left out."""
        hrefs = [
            each.href
            for name, each in found.items()
            if name not in skip and (name not in known or known[name] != _etag(each.text("d:getetag")))
        ]
        parts = [self._contents(calendar, hrefs[at : at + AT_ONCE]) for at in range(0, len(hrefs), AT_ONCE)]
        return [each for some, _left_out in parts for each in some], any(left_out for _some, left_out in parts)

    def _contents(self, calendar: str, hrefs: list[str]) -> tuple[list[ChangedEntry], bool]:
        """Return entries with what they say, and whether one was left out because it is enormous."""
        try:
            found = _multistatus(self._ask("REPORT", calendar, dav.multiget(hrefs), {"Depth": "1"}))
        except Unreachable as error:
            if error.why != "too-large":
                raise
            if len(hrefs) == 1:
                return [], True
            middle = len(hrefs) // 2
            first, second = self._contents(calendar, hrefs[:middle]), self._contents(calendar, hrefs[middle:])
            return first[0] + second[0], first[1] or second[1]
        return [
            ChangedEntry(_name(each.href), _etag(each.text("d:getetag")), each.text("c:calendar-data").encode())
            for each in _entries(found, calendar)
            if each.status == dav.GOOD and each.text("c:calendar-data")
        ], False

    def _found(self, url: str, names: Collection[str], *, depth: str) -> Multistatus:
        return _multistatus(self._ask("PROPFIND", url, dav.propfind(names), {"Depth": depth}))

    def _ask(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Return what the server answers, if it lets us in at all. An address is meant as seen from the account's."""
        media_type = {"Content-Type": "application/xml; charset=utf-8"} if body else {}
        given = {**self._headers, **media_type, **(headers or {})}
        target = urljoin(self._address, url)
        try:
            answer = outbound.send(
                method, target, headers=given, may_ask=_of_the_house(self._address), body=body, seconds=self._seconds
            )
        except NotFetched as error:
            raise Unreachable(error.why) from None
        if answer.status == 401:
            raise CredentialsRefused
        if answer.status == 429 or (answer.status >= 500 and answer.status != dav.TRUNCATED):
            raise Unreachable("broken")
        return answer


def _of_the_house(address: str) -> Callable[[SplitResult], bool]:
    """Return what tells the hosts that may learn the password."""
    own = _host(urlsplit(address))

    def may_ask(parts: SplitResult) -> bool:
        asked = _host(parts)
        return asked == own or any(own[1].endswith(house) and asked[1].endswith(house) for house in HOUSES)

    return may_ask


def _host(parts: SplitResult) -> tuple[int, str]:
    return parts.port or 443, (parts.hostname or "").lower()


def _address_of(calendar: str, entry_id: str) -> str:
    return urljoin(f"{calendar.rstrip('/')}/", f"{entry_id}.ics")


def _name(href: str) -> str:
    """Return a digest of where an entry is: however it is written, and without saying it."""
    return hashlib.sha256(unquote(urlsplit(href).path).encode()).hexdigest()[:32]


def _etag(text: str) -> str:
    """Return an etag as it is kept: one that is endless by a digest."""
    return text if len(text) <= LONGEST_ETAG else hashlib.sha256(text.encode()).hexdigest()


def _strong(etag: str) -> str:
    """Return an etag that can be asked with: a weak one never matches."""
    return "" if etag.startswith("W/") or len(etag) > LONGEST_ETAG else etag


def _multistatus(answer: Answer) -> Multistatus:
    if answer.status != MULTISTATUS:
        _refuse(answer)
    try:
        return dav.read_multistatus(answer.content, url=answer.url)
    except dav.NotMultistatus:
        raise Unreachable("nonsense") from None


def _refuse(answer: Answer) -> NoReturn:
    """Raise what a status means that is not the one that was hoped for."""
    if answer.status == 412:
        raise Clash
    raise Rejected("calendar-gone" if answer.status in (404, 410) else "rejected")


def _entries(found: Multistatus, calendar: str) -> Iterator[Resource]:
    """Yield what is said of the entries of a calendar, and not of itself."""
    own = _name(calendar.rstrip("/"))
    yield from (each for each in found.resources if not each.href.endswith("/") and _name(each.href) != own)


def _is_cut_short(found: Multistatus) -> bool:
    return any(each.status == dav.TRUNCATED for each in found.resources)


def _check_many(count: int) -> None:
    if count > MOST_ENTRIES:
        raise Unreachable("too-much")


def _leads_on(about: Resource) -> bool:
    return bool(about.hrefs("c:calendar-home-set") or about.hrefs("d:current-user-principal"))


def _is_calendar(about: Resource) -> bool:
    kinds = about.properties.get(dav.tag("c:supported-calendar-component-set"))
    takes_events = kinds is None or any(each.get("name", "").upper() == "VEVENT" for each in kinds)
    return about.has("d:resourcetype", "c:calendar") and takes_events


def _found(about: Resource) -> FoundCalendar:
    rights = about.properties.get(dav.tag("d:current-user-privilege-set"))
    is_writable = rights is None or any(about.has("d:current-user-privilege-set", right) for right in MAY_WRITE)
    name = about.text("d:displayname") or unquote(urlsplit(about.href).path.rstrip("/").rpartition("/")[2])
    return FoundCalendar(about.href, name[:120], is_writable)
