"""Half-open stretches of time: neighbours touch without overlapping."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Period(NamedTuple):
    """`start` is in it, `end` is not. Both carry a time zone."""

    start: datetime
    end: datetime

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Period) -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, *, before: timedelta, after: timedelta) -> Period:
        return Period(self.start - before, self.end + after)

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def local_period(day: date, start: time, end: time, zone: ZoneInfo) -> Period:
    """Return wall-clock hours on a day as a period in time.

    Each end is resolved in the zone by itself, so the length is right on the days when clocks change: 00:00 to 06:00
    lasts five hours in spring and seven in autumn. A time that the clocks skip is read as if they had not yet moved
    (PEP 495, fold 0), which lands just after the gap.
    """
    opens = datetime.combine(day, start, zone)
    closes = datetime.combine(day if end > start else day + timedelta(days=1), end, zone)
    return Period(as_utc(opens), as_utc(closes))


def as_utc(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("UTC"))


def days(first: date, last: date) -> Iterator[date]:
    """Yield every day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
