"""Shares of owners, in percent, from a day until another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

WHOLE = Decimal(100)


class Share(NamedTuple):
    percent: Decimal
    since: date
    until: date | None  # the first day on which it is no longer


def most_at_once(shares: Iterable[Share]) -> Decimal:
    """Return the highest sum of shares that are in force on one day."""
    held = list(shares)
    return max((_sum_on(each.since, held) for each in held), default=Decimal(0))


def _sum_on(day: date, shares: list[Share]) -> Decimal:
    return sum(
        (each.percent for each in shares if each.since <= day and (each.until is None or day < each.until)), Decimal(0)
    )
