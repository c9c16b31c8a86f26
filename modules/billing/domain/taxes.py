"""Which rate of tax holds, and by which category, on the day of a supply.

Decided: services, things and price lists go on saying a plain percentage. It names the practice's rate that has, or
had, this percentage; the day of the supply says what that rate is then. So a law that changes 19 % into 16 % for half
a year is two rows, and nobody has to touch a price: what is billed for a day in that half year bears 16 %.

Categories are those of EN 16931 (UNTDID 5305): S taxed, Z at nothing, E exempt, AE reverse charge, O outside the tax.
Whether nothing means Z or E is for the practice to say; until it does, it is Z, which claims no exemption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Category(StrEnum):
    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE = "AE"
    OUTSIDE = "O"


UNTAXED = frozenset({Category.ZERO, Category.EXEMPT, Category.REVERSE, Category.OUTSIDE})
WITH_REASON = frozenset({Category.EXEMPT, Category.REVERSE, Category.OUTSIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate by its name, in the days in which it is this one. `is_usual`: meant by whoever says just its percentage.

    `reason` is what a bill has to say of why nothing is due, `code` how the country's electronic invoices say it.
    """

    name: str
    category: Category
    percent: Decimal
    valid_from: date = date.min
    valid_until: date | None = None  # the last day
    is_usual: bool = True
    reason: str = ""
    code: str = ""

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def rate_for(percent: Decimal, rates: Sequence[Rate], *, on: date, category: str = "") -> Rate:
    """Return the rate that a percentage means on a day; with a category, the one that has it, if there is one."""
    meant = [rate for rate in rates if rate.percent == percent and rate.category == (category or rate.category)]
    if found := _best([rate for rate in meant if rate.holds_on(on)], is_said=bool(category)):
        return found
    names = {rate.name for rate in meant if rate.category is Category.STANDARD}
    if found := _best([rate for rate in rates if rate.name in names and rate.holds_on(on)]):
        return found
    return _unknown(percent, category)


def _best(rates: Sequence[Rate], *, is_said: bool = False) -> Rate | None:
    """Return the usual one, or the first; of those that nobody said, only one that claims no exemption."""
    found = sorted(rates, key=lambda rate: (not rate.is_usual, rate.category in WITH_REASON))
    if found and (is_said or found[0].is_usual or found[0].category not in WITH_REASON):
        return found[0]
    return None


def _unknown(percent: Decimal, category: str) -> Rate:
    usual = Category.STANDARD if percent else Category.ZERO
    return Rate(name="", category=Category(category) if category and not percent else usual, percent=percent)
