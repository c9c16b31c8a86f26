"""The rows of a calendar: five minutes of the wall clock each, and the same rows for all days that stand side by side.

When clocks are set back, an hour comes twice: the axis then has it twice, and the days that have it once are closed in
the second. When they are set forward, the hour that never was is closed on that day. So later moments of a day never
have an earlier row, and two visits that do not meet in time do not meet in rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kernel.periods import Period, as_utc, days

ROW_MINUTES = 5
ROWS_AN_HOUR = 60 // ROW_MINUTES
QUARTERS = (0, 15, 30, 45)


class NoSuchTime(ValueError):
    """The clocks skip this time on that day, or do not come by it a second time."""


class Hour(NamedTuple):
    """An hour of the axis; `again` for the second of two of the same name."""

    hour: int
    again: bool = False

    def __str__(self) -> str:
        return f"{self.hour:02d}:00"


class Rows(NamedTuple):
    """From one row to before another."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours that days are drawn with, in a zone."""

    hours: tuple[Hour, ...]
    zone: ZoneInfo

    @property
    def rows(self) -> int:
        return len(self.hours) * ROWS_AN_HOUR

    def rows_of(self, period: Period, day: date) -> Rows | None:
        """Return where a period lies on a day, at least one row high; None if it lies on other days only."""
        if not period.overlaps(whole_day(day, self.zone)):
            return None
        first = min(self._row_of(period.start, day), self.rows - 1)
        return Rows(first, max(self._row_of(period.end, day), first + 1))

    def row_of(self, moment: datetime, day: date) -> int | None:
        """Return the row of a moment, or None if the day does not show it."""
        local = moment.astimezone(self.zone)
        shown = local.date() == day and (local.hour, local.fold == 1) in self.hours
        return self._row_of(moment, day) if shown else None

    def missing(self, day: date) -> list[Rows]:
        """Return the rows whose time does not come on this day."""
        spans: list[Rows] = []
        for place, hour in enumerate(self.hours):
            for minute in QUARTERS:
                if not exists(day, time(hour.hour, minute), self.zone, again=hour.again):
                    first = place * ROWS_AN_HOUR + minute // ROW_MINUTES
                    spans.append(Rows(first, first + 15 // ROW_MINUTES))
        return merged(spans)

    def _row_of(self, moment: datetime, day: date) -> int:
        local = moment.astimezone(self.zone)
        if local.date() != day:
            return 0 if local.date() < day else self.rows
        hour = Hour(local.hour, local.fold == 1)
        place = bisect_left(self.hours, hour)
        is_shown = place < len(self.hours) and self.hours[place] == hour
        return place * ROWS_AN_HOUR + (local.minute // ROW_MINUTES if is_shown else 0)


def axis_of(shown: Iterable[date], zone: ZoneInfo, *, opens: int, closes: int) -> Axis:
    """Return the hours from `opens` to before `closes`; those that one of the days has twice, twice."""
    twice = {hour for day in shown for hour in range(opens, closes) if _comes_twice(day, hour, zone)}
    hours = [
        Hour(hour, again) for hour in range(opens, closes) for again in ((False, True) if hour in twice else (False,))
    ]
    return Axis(tuple(hours), zone)


@lru_cache(maxsize=512)
def whole_day(day: date, zone: ZoneInfo) -> Period:
    """Return a day from its first moment to that of the next: 23, 24 or 25 hours."""
    first, next_first = (datetime.combine(each, time.min, zone) for each in (day, day + timedelta(days=1)))
    return Period(as_utc(first), as_utc(next_first))


def days_of(period: Period, zone: ZoneInfo) -> Iterator[date]:
    """Yield the local days that a period lies on: two if it crosses midnight."""
    last_moment = max(period.start, period.end - timedelta(microseconds=1))
    return days(period.start.astimezone(zone).date(), last_moment.astimezone(zone).date())


@lru_cache(maxsize=4096)  # each column of a week asks the same of its days
def exists(day: date, at: time, zone: ZoneInfo, *, again: bool = False) -> bool:
    """Test whether a day's clock comes by a time, or `again` a second time."""
    change = _change_at(day, at, zone)
    return change < timedelta(0) if again else change <= timedelta(0)


def moment_at(day: date, at: time, zone: ZoneInfo, *, again: bool = False) -> datetime:
    """Return the moment at which a day's clock comes by a time. Raises `NoSuchTime`."""
    if not exists(day, at, zone, again=again):
        raise NoSuchTime
    return as_utc(datetime.combine(day, at.replace(fold=int(again)), zone))


def merged(spans: Iterable[Rows]) -> list[Rows]:
    """Return the spans in order, with those that touch or overlap made one."""
    joined: list[Rows] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last:
            joined[-1] = Rows(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def _comes_twice(day: date, hour: int, zone: ZoneInfo) -> bool:
    return any(exists(day, time(hour, minute), zone, again=True) for minute in QUARTERS)


def _change_at(day: date, at: time, zone: ZoneInfo) -> timedelta:
    """Return by how much the clocks are being set forward at a time; back is less than nothing (PEP 495)."""
    before, after = (datetime.combine(day, at.replace(fold=fold), zone).utcoffset() for fold in (0, 1))
    return (after or timedelta(0)) - (before or timedelta(0))
