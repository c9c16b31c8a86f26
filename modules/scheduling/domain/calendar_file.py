"""Visits as iCalendar (RFC 5545, RFC 7986): what an entry says, and the calendar that an app asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event
from icalendar.prop import vDuration, vText, vUri

PRODUCT = "-//Atrium//Atrium//EN"
MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=1)

CANCELLED = frozenset({"CANCELLED", "LAPSED"})  # what lapsed never came to be
TENTATIVE = frozenset({"REQUESTED", "RESERVED", "OFFERED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A visit as a calendar shows it. `changed_at` is its last change, `sequence` of the invitation."""

    uid: str
    sequence: int
    status: str
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    video_url: str = ""


def standing_of(status: str) -> str:
    """Return what iCalendar calls the state of a visit. A missed one stays where it was missed."""
    if status in CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if status in TENTATIVE else "CONFIRMED"


def event_of(entry: Entry) -> Event:
    """Return a visit as an event. The same one later has the same UID and a higher SEQUENCE, and takes its place."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", entry.summary)
    event.add("status", standing_of(entry.status))
    for name, text in (("location", entry.location), ("description", entry.description)):
        if text:
            event.add(name, text)
    video_url = "" if entry.status in CANCELLED else entry.video_url
    if video_url:
        video = {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": "Video"}
        event.add("conference", vUri(video_url, params=video), encode=False)
    if link := video_url or entry.url:
        event.add("url", vUri(link), encode=False)
    return event


def empty_calendar(method: str = "") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    return calendar


def entry_file(entry: Entry) -> bytes:
    """Return a calendar of one entry, as a server keeps each by itself (RFC 4791 §4.1): without a method, too."""
    calendar = empty_calendar()
    calendar.add_component(event_of(entry))
    return calendar.to_ical()


def feed_file(name: str, entries: Iterable[Entry]) -> bytes:
    """Return a calendar for an app to ask for again and again. It has no method: it is published, and invites nobody.

    Cancelled visits are in it as such, for apps that would otherwise keep what is no longer there.
    """
    calendar = empty_calendar()
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    refresh = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar.add("refresh-interval", refresh, encode=False)
    calendar.add("x-published-ttl", vText(refresh.to_ical().decode()))
    for entry in entries:
        calendar.add_component(event_of(entry))
    return calendar.to_ical()
