"""By what the list of people can be narrowed: each module says what it knows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo


class Shape(StrEnum):
    """What is asked for: one of some choices, or whole numbers or days from one to another."""

    CHOICE = "choice"
    NUMBERS = "numbers"
    DAYS = "days"


class FromTo(NamedTuple):
    """From one value to another, both included; None is open."""

    low: Any = None
    high: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of a facet: a choice or a `FromTo`, by whom, when, and where the days begin."""

    value: Any
    by: Any
    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    @property
    def moments(self) -> FromTo:
        """The days of it as moments: from the first, up to but not at the second."""
        low, high = self.value
        return FromTo(
            None if low is None else datetime.combine(low, time.min, self.zone),
            None if high is None else datetime.combine(high + timedelta(days=1), time.min, self.zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing by which people are narrowed. `narrow` returns a condition on patients' rows (a Django `Q`).

    It tells somebody nothing that they do not see elsewhere: it asks for `permission`, and narrows its own rows to what
    `by` may see. `choices` are those there are for somebody; without any the facet is not offered.
    """

    title: Any
    permission: str
    narrow: Callable[[Asked], Any]
    shape: Shape = Shape.CHOICE
    choices: Callable[[Any], Iterable[tuple[str, Any]]] = lambda _by: ()


Facets = Mapping[str, Facet]


def within(path: str, moments: FromTo) -> dict[str, Any]:
    """Return conditions for moments whose end is not part of it: `Asked.moments`."""
    ends = {f"{path}__gte": moments.low, f"{path}__lt": moments.high}
    return {name: value for name, value in ends.items() if value is not None}
