"""What every calendar server does, by the port: the one in memory, and a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel import outbound
from kernel.periods import Period
from modules.scheduling.gateways import dav
from modules.scheduling.gateways.caldav import CalDav
from modules.scheduling.gateways.sync import (
    Account,
    CalendarServer,
    Clash,
    CredentialsRefused,
    Rejected,
    StandingEntry,
    Unreachable,
)
from modules.scheduling.gateways.sync_fake import FakeServer, Shelf
from modules.scheduling.tests.calendar_servers import PASSWORD, USER, CalendarSite, calendar_site

NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)
AROUND = Period(NOON - timedelta(days=2), NOON + timedelta(days=100))


def entry(uid: str, *, sequence: int = 0, starts: datetime = NOON) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20310101T000000Z"]
    lines += [f"SEQUENCE:{sequence}", f"DTSTART:{starts:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", "SUMMARY:Visit"]
    return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


@dataclass
class Served:
    """A server, its calendar, and what makes it be away."""

    account: Account
    open: Callable[[Account], CalendarServer]
    calendar: str
    go_away: Callable[[bool], None]

    @property
    def server(self) -> CalendarServer:
        return self.open(self.account)

    def names(self, **asked: Any) -> set[str]:
        asked = {"mark": "", "known": {}, "skip": (), "during": AROUND} | asked
        return {each.name for each in self.server.changes(self.calendar, **asked).changed}


@pytest.fixture
def site(tmp_path: Path, settings: Any) -> Iterator[CalendarSite]:
    with calendar_site(tmp_path) as running:
        settings.OUTBOUND_STAND_INS = frozenset({running.netloc})
        running.make_calendar()
        yield running


def away(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]


@pytest.fixture(params=["fake", "caldav"])
def served(request: Any) -> Served:
    if request.param == "fake":
        shelf = Shelf(PASSWORD, {"work": {}})
        account = Account("https://fake.example/", USER, PASSWORD)
        return Served(account, lambda who: FakeServer(who, shelf), "work", lambda gone: setattr(shelf, "is_away", gone))
    there: CalendarSite = request.getfixturevalue("site")
    account = Account(there.url, USER, PASSWORD)
    return Served(account, CalDav, there.calendar, lambda gone: setattr(there, "before", away if gone else None))


def test_an_entry_is_put_changed_and_taken_out_by_who_knows_it_as_it_is(served: Served) -> None:
    server, calendar = served.server, served.calendar
    assert [each.url for each in server.calendars()] == [calendar]
    first = server.put(calendar, "a", entry("a"), etag="")
    with pytest.raises(Clash):
        server.put(calendar, "a", entry("a"), etag="")
    second = server.put(calendar, "a", entry("a", sequence=4), etag=first)

    for act in (
        lambda: server.put(calendar, "a", entry("a"), etag=first),
        lambda: server.remove(calendar, "a", etag=first),
    ):
        with pytest.raises(Clash):
            act()

    assert server.standing(calendar, "a") == StandingEntry(second, 4)
    server.remove(calendar, "a", etag=second)
    server.remove(calendar, "a", etag=second)
    assert server.standing(calendar, "a") is None


def test_changes_are_told_once_and_what_is_known_or_not_wanted_does_not_come_along(served: Served) -> None:
    server, calendar = served.server, served.calendar
    for each in "abc":
        server.put(calendar, each, entry(each), etag="")
    name = {each: server.name_of(calendar, each) for each in "abc"}
    asked: dict[str, Any] = {"known": {}, "skip": {name["c"]}, "during": AROUND}
    whole = server.changes(calendar, mark="", **asked)
    assert {each.name for each in whole.changed} == {name["a"], name["b"]}
    assert whole.names == set(name.values())
    assert b"UID:a" in next(each.content for each in whole.changed if each.name == name["a"])

    known = {each.name: each.etag for each in whole.changed}
    server.put(calendar, "a", entry("a", sequence=1), etag=known[name["a"]])
    server.remove(calendar, "b", etag=known[name["b"]])
    since = server.changes(calendar, mark=whole.mark, known=known, skip=(), during=AROUND)

    assert ({each.name for each in since.changed} | since.gone) >= {name["a"], name["b"]}
    assert name["b"] in since.gone
    assert b"SEQUENCE:1" in next(each.content for each in since.changed if each.name == name["a"])
    nothing = server.changes(calendar, mark=since.mark, known=known, skip=(), during=AROUND)
    assert (nothing.changed, nothing.gone) == ([], frozenset())


def test_a_server_that_is_away_or_lets_nobody_in_says_which(served: Served) -> None:
    wrong = served.open(replace(served.account, password="guess"))
    with pytest.raises(CredentialsRefused):
        wrong.calendars()
    with pytest.raises(CredentialsRefused):
        wrong.put(served.calendar, "a", entry("a"), etag="")

    served.go_away(True)
    with pytest.raises(Unreachable):
        served.server.changes(served.calendar, mark="", known={}, skip=(), during=AROUND)
    served.go_away(False)
    assert served.names() == set()

    with pytest.raises(Rejected):
        served.server.changes(f"{served.calendar}-gone", mark="", known={}, skip=(), during=AROUND)


def test_what_is_outside_of_the_stretch_is_not_read_and_a_forgotten_token_means_all_of_it(site: CalendarSite) -> None:
    there = Served(Account(site.url, USER, PASSWORD), CalDav, site.calendar, lambda _: None)
    there.server.put(site.calendar, "near", entry("near"), etag="")
    there.server.put(site.calendar, "far", entry("far", starts=NOON + timedelta(days=900)), etag="")
    near = there.server.name_of(site.calendar, "near")

    assert there.names() == {near}
    assert there.names(mark="token:http://radicale.org/ns/sync/forgotten") == {near}
    assert there.names(mark="tag:of another day") == {near}


def test_calendars_are_found_from_the_bare_host_by_the_well_known_address(site: CalendarSite) -> None:
    def bare(environ: Any, start_response: Any) -> Any:
        """As Nextcloud has it: nothing of calendars at the root, and a way on."""
        if environ["PATH_INFO"] == "/":
            start_response("405 Method Not Allowed", [("Content-Length", "0")])
            return [b""]
        if environ["PATH_INFO"] == "/.well-known/caldav":
            start_response("301 Moved Permanently", [("Location", f"/{USER}/"), ("Content-Length", "0")])
            return [b""]
        return None

    site.before = bare
    found = CalDav(Account(site.url, USER, PASSWORD)).calendars()
    assert [(each.url, each.is_writable) for each in found] == [(site.calendar, True)]


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://10.0.0.1/", "not-https"),
        ("https://10.0.0.1/", "elsewhere"),
        ("https://169.254.169.254/latest/meta-data/", "elsewhere"),
        ("https://other.example/", "elsewhere"),
    ],
)
def test_no_redirect_leads_into_our_network_or_takes_the_password_along(
    location: str, why: str, site: CalendarSite
) -> None:
    def lead_on(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("307 Temporary Redirect", [("Location", location), ("Content-Length", "0")])
        return [b""]

    site.before = lead_on
    server = CalDav(Account(site.url, USER, PASSWORD))
    for act in (server.calendars, lambda: server.put(site.calendar, "a", entry("a"), etag="")):
        with pytest.raises(Unreachable) as refusal:
            act()
        assert refusal.value.why == why


def test_a_private_address_is_not_asked_even_of_the_same_name(settings: Any) -> None:
    with pytest.raises(Unreachable) as refusal:
        CalDav(Account("https://localhost/", USER, PASSWORD)).calendars()
    assert refusal.value.why == "not-public"


def test_the_password_goes_from_one_host_of_a_house_to_another_and_to_no_other(monkeypatch: Any) -> None:
    asked: list[str] = []

    def send(_method: str, url: str, *, may_ask: Any, **_: Any) -> Any:
        if not may_ask(outbound.checked_target(url)):
            raise outbound.NotFetched("elsewhere")
        asked.append(url)
        raise outbound.NotFetched("unreachable")

    monkeypatch.setattr(outbound, "send", send)
    server = CalDav(Account("https://caldav.icloud.com/", USER, PASSWORD))
    for url in (
        "https://p42-caldav.icloud.com:443/1/calendars/",
        "https://icloud.com.evil.example/",
        "https://evilicloud.com/",
    ):
        with pytest.raises(Unreachable):
            server.changes(url, mark="", known={}, skip=(), during=AROUND)

    assert asked == ["https://p42-caldav.icloud.com:443/1/calendars/"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Sign in</html>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">&e;</multistatus>',
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><multistatus xmlns="DAV:">&c;</multistatus>',
    ],
)
def test_an_answer_that_is_no_answer_is_not_believed(content: bytes) -> None:
    with pytest.raises(dav.NotMultistatus):
        dav.read_multistatus(content, url="https://x.example/")
