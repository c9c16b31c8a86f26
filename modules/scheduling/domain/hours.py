"""When somebody works: a week that repeats, and days that are different."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from enum import StrEnum
from typing import NamedTuple


class Offered(StrEnum):
    """Who may have a time or a service: anybody online, those who get in touch, or whom staff book."""

    ONLINE = "ONLINE"
    CONTACT = "CONTACT"
    STAFF = "STAFF"


class Audience(StrEnum):
    ANY = "ANY"
    NEW = "NEW"
    KNOWN = "KNOWN"


class Stretch(NamedTuple):
    """Wall-clock hours that begin on a day; they end the next day if `ends` is not after `starts`."""

    day: date
    starts: time
    ends: time
    offered: str = Offered.ONLINE


class Weekly(NamedTuple):
    """RRULE:FREQ=WEEKLY;INTERVAL=every_weeks;BYDAY=weekday, from and until a day if these are given."""

    weekday: int
    starts: time
    ends: time
    offered: str = Offered.ONLINE
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1

    def holds_on(self, day: date) -> bool:
        if day.weekday() != self.weekday:
            return False
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        if self.every_weeks == 1 or self.valid_from is None:
            return True
        return (_monday(day) - _monday(self.valid_from)).days // 7 % self.every_weeks == 0


def worked(
    *,
    weekly: Iterable[Weekly],
    instead: Mapping[date, Iterable[Stretch]],
    days: Iterable[date],
) -> Iterator[Stretch]:
    """Yield the hours of these days: those given `instead` for a day, else the weekly ones."""
    by_weekday: dict[int, list[Weekly]] = {}
    for rule in weekly:
        by_weekday.setdefault(rule.weekday, []).append(rule)
    for day in days:
        if day in instead:
            yield from instead[day]
            continue
        for rule in by_weekday.get(day.weekday(), ()):
            if rule.holds_on(day):
                yield Stretch(day, rule.starts, rule.ends, rule.offered)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
