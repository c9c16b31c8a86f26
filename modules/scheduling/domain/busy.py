"""When somebody is busy, by their calendar elsewhere (RFC 5545): the times and nothing else of it.

`python -m modules.scheduling.domain.busy` does it in a process of its own: a file that was made to take for ever, or
all memory, takes that process along and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

MOST_ENTRIES = 10_000
MOST_TIMES = 5_000
MEMORY = 1 << 30
FREE = {"TRANSPARENT", "FREE"}


class NotACalendar(ValueError):
    """What came is no calendar, or none that can be read to its end."""


class TooMuch(ValueError):
    """The calendar has more in it than anybody's has."""


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """A busy time. `entry` is a digest of the id of what it comes of."""

    start: datetime
    end: datetime
    entry: str


@dataclass(frozen=True, slots=True)
class BusyTimes:
    """What a calendar says. `left_out` tells that some of its entries could not be read."""

    times: list[Busy]
    left_out: bool


def busy_times(content: bytes, *, start: datetime, end: datetime, zone: ZoneInfo) -> BusyTimes:
    """Return the busy times between two moments, in order.

    A time without a zone, and a whole day, are meant in `zone`. Raises `NotACalendar` or `TooMuch`.
    """
    if content.count(b"BEGIN:VEVENT") > MOST_ENTRIES:
        raise TooMuch
    calendars = _calendars(content)
    times: set[Busy] = set()
    left_out = False
    for calendar in calendars:
        left_out |= bool(calendar.errors) or any(each.errors for each in calendar.walk("VEVENT"))
        events, some_left = _occurrences(calendar, start, end)
        left_out |= some_left
        for found in (*_of_events(events, zone), *_of_free_busy(calendar, zone)):
            if found.start < end and found.end > start:
                times.add(found)
                if len(times) > MOST_TIMES:
                    raise TooMuch
    return BusyTimes(sorted(times), left_out)


def _calendars(content: bytes) -> list[Calendar]:
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text.upper().startswith("BEGIN:VCALENDAR") or not text.upper().endswith("END:VCALENDAR"):
        raise NotACalendar
    try:
        return [each for each in Calendar.from_ical(text, multiple=True) if isinstance(each, Calendar)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise NotACalendar from error


def _occurrences(calendar: Calendar, start: datetime, end: datetime) -> tuple[list[Any], bool]:
    """Return every single time of what is in a calendar, and whether something had to be left out."""
    try:
        return _expanded(calendar, start, end, skip=False), False
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return _expanded(calendar, start, end, skip=True), True


def _expanded(calendar: Calendar, start: datetime, end: datetime, *, skip: bool) -> list[Any]:
    query = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=skip)
    # A day more at both ends: a whole day, or a time without a zone, is compared as if it were UTC's.
    found: list[Any] = query.between(start - timedelta(days=1), end + timedelta(days=1))
    return found


def _of_events(events: Iterable[Any], zone: ZoneInfo) -> Iterator[Busy]:
    for event in events:
        if _is_busy(event):
            yield from _busy(event.start, event.end, zone, entry=str(event.get("UID", "")))


def _is_busy(event: Any) -> bool:
    said = {str(event.get(name, "")).upper() for name in ("TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")}
    return not said & FREE and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _of_free_busy(calendar: Calendar, zone: ZoneInfo) -> Iterator[Busy]:
    """Yield the times of a calendar that tells nothing else of itself (VFREEBUSY)."""
    for component in calendar.walk("VFREEBUSY"):
        given = component.get("FREEBUSY", [])
        for period in given if isinstance(given, list) else [given]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield from _busy(period.start, period.end, zone, entry=str(component.get("UID", "")))


def _busy(starts: date | datetime, ends: date | datetime, zone: ZoneInfo, *, entry: str) -> Iterator[Busy]:
    start, end = _moment(starts, zone), _moment(ends, zone)
    if end > start:
        yield Busy(start, end, entry_of(entry))


def entry_of(uid: str) -> str:
    """Return what is kept of an entry's id."""
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


def _moment(when: date | datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that is meant: of a day, its first one there."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, time.min)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def main() -> None:
    """Read a line of what is wanted, and calendars, from standard input; write the times of each as JSON."""
    wanted: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (wanted["cpu_seconds"], wanted["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    stretch = {"start": datetime.fromisoformat(wanted["start"]), "end": datetime.fromisoformat(wanted["end"])}
    contents = [sys.stdin.buffer.read(size) for size in wanted["sizes"]]
    sys.stdout.write(json.dumps([_answer(content, zone=ZoneInfo(wanted["zone"]), **stretch) for content in contents]))


def _answer(content: bytes, *, start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    try:
        found = busy_times(content, start=start, end=end, zone=zone)
    except (NotACalendar, TooMuch) as error:
        return {"problem": "not-a-calendar" if isinstance(error, NotACalendar) else "too-much"}
    times = [(each.start.isoformat(), each.end.isoformat(), each.entry) for each in found.times]
    return {"times": times, "left_out": found.left_out}


if __name__ == "__main__":
    main()
