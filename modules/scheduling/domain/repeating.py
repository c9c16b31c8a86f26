"""A stretch of wall-clock time that happens once, or again and again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kernel.periods import Period
from modules.scheduling.domain.recurrence import starts_between

DAY = timedelta(days=1)


class Repeating(NamedTuple):
    """Without times, it is whole days, the last included.

    `rule` is an RRULE of RFC 5545; on the `skipped` days it does not happen.
    """

    first_day: date
    starts: time | None
    last_day: date
    ends: time | None
    rule: str = ""
    skipped: Collection[date] = ()

    @property
    def first_time(self) -> tuple[datetime, datetime]:
        """When it begins and ends the first time, on the wall clock."""
        if self.starts is None or self.ends is None:
            return datetime.combine(self.first_day, time.min), datetime.combine(self.last_day + DAY, time.min)
        return datetime.combine(self.first_day, self.starts), datetime.combine(self.last_day, self.ends)


def times_of(stretch: Repeating, zone: ZoneInfo, around: Period) -> Iterator[Period]:
    """Yield each time that it happens in that zone and reaches into `around`, in order."""
    first, end = stretch.first_time
    length = end - first
    earliest, latest = _naive(around.start, zone) - length - DAY, _naive(around.end, zone) + DAY
    starts = starts_between(stretch.rule, first, earliest, latest) if stretch.rule else [first]
    for start in starts:
        period = Period(start.replace(tzinfo=zone), (start + length).replace(tzinfo=zone))
        if start.date() not in stretch.skipped and _takes_time(period) and period.overlaps(around):
            yield period


def _naive(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _takes_time(period: Period) -> bool:
    """Where clocks go forward, what was to be within the hour that is left out does not happen."""
    return period.start.timestamp() < period.end.timestamp()
