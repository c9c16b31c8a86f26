"""Which days a report is about, how late a bill is, and how its figures are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
MONTHS, QUARTER = 12, 3


class Preset(StrEnum):
    TODAY = "today"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    THIS_QUARTER = "this-quarter"
    LAST_QUARTER = "last-quarter"
    THIS_YEAR = "this-year"
    LAST_YEAR = "last-year"


LENGTHS = {  # in months, and how many of them back
    Preset.THIS_MONTH: (1, 0),
    Preset.LAST_MONTH: (1, 1),
    Preset.THIS_QUARTER: (QUARTER, 0),
    Preset.LAST_QUARTER: (QUARTER, 1),
    Preset.THIS_YEAR: (MONTHS, 0),
    Preset.LAST_YEAR: (MONTHS, 1),
}


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the tenant's calendar, the first and the last included."""

    since: date
    until: date


def days_of(preset: Preset, *, on: date) -> Days:
    """Return the whole month, quarter or year that is meant on a day, also what of it is to come."""
    if preset is Preset.TODAY:
        return Days(on, on)
    length, back = LENGTHS[preset]
    begun = on.year * MONTHS + (on.month - 1) // length * length - back * length
    return Days(_first_of(begun), _first_of(begun + length) - DAY)


class Age(StrEnum):
    """By how many days a bill is late."""

    CURRENT = "current"
    UP_TO_30 = "1-30"
    UP_TO_60 = "31-60"
    UP_TO_90 = "61-90"
    OLDER = "over-90"


LATEST_BY = {Age.UP_TO_30: 30, Age.UP_TO_60: 60, Age.UP_TO_90: 90}


def due_from(age: Age, *, on: date) -> date | None:
    """Return the first due date of this age on a day; None for the oldest, which has none."""
    if age is Age.CURRENT:
        return on
    return on - timedelta(days=LATEST_BY[age]) if age in LATEST_BY else None


def age_of(due: date, *, on: date) -> Age:
    return next(age for age in Age if (first := due_from(age, on=on)) is None or due >= first)


def times(days: Days, *, by: str) -> list[date]:
    """Return the days, the Mondays or the firsts of months that these days begin and go on with."""
    if by == "month":
        firsts = range(days.since.year * MONTHS + days.since.month - 1, days.until.year * MONTHS + days.until.month)
        return [_first_of(each) for each in firsts]
    begun = days.since - DAY * days.since.weekday() if by == "week" else days.since
    step = 7 if by == "week" else 1
    return [begun + DAY * number for number in range(0, (days.until - begun).days + 1, step)]


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    width: int
    height: int


def bars(values: Sequence[int], *, width: int, height: int) -> list[Bar]:
    """Return a bar for each value, in one box: from its line of nothing up, or down if it is less."""
    if not values:
        return []
    most, least = max(*values, 0), min(*values, 0)
    whole, step = (most - least) or 1, width / len(values)
    return [
        Bar(
            x=round(place * step),
            y=round((most - max(value, 0)) * height / whole),
            width=max(round(step * 0.8), 1),
            height=round(abs(value) * height / whole),
        )
        for place, value in enumerate(values)
    ]


def _first_of(month: int) -> date:
    """Return the first day of a month that is counted from the year nothing."""
    return date(month // MONTHS, month % MONTHS + 1, 1)
