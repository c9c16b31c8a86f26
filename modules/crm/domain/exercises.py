"""Exercises at home: the dose of one, where its film may lie, and how far people keep to what was agreed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from urllib.parse import urlsplit

MOST_EXERCISES = 12
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How much of an exercise; what is None is not said."""

    sets: int | None = None
    repetitions: int | None = None
    hold_seconds: int | None = None
    times_per_week: int | None = None

    def over(self, usual: Dose) -> Dose:
        """Return it, with what it does not say as it usually is."""
        return Dose(
            sets=self.sets or usual.sets,
            repetitions=self.repetitions or usual.repetitions,
            hold_seconds=self.hold_seconds or usual.hold_seconds,
            times_per_week=self.times_per_week or usual.times_per_week,
        )


def is_film(address: str, *, hosts: Collection[str]) -> bool:
    """Test whether an address leads to a host where films may lie, by https and by nothing cleverer."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return False
    is_plain = not (parts.username or parts.password or port) and not set(address) & set(" \t\r\n\\\"'<>")
    return parts.scheme == "https" and is_plain and host in hosts


def wanted_times(days: int, *, times_per_week: int | None) -> Fraction:
    """Return on how many of these days an exercise was to be done; on each if nothing is said."""
    return Fraction(days * min(times_per_week or 7, 7), 7)


def kept_to(done: int, days: int, *, times_per_week: int | None) -> int:
    """Return in percent how far somebody kept to it: 100 at most, and whole from the first day."""
    wanted = wanted_times(days, times_per_week=times_per_week)
    return min(100, round(100 * done / wanted)) if wanted > 0 else 0


def weeks_between(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Return the first and the last day of each week from one day to another; the last week may be short."""
    while first <= last:
        yield first, min(first + WEEK - timedelta(days=1), last)
        first += WEEK
