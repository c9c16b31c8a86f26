"""Measures: numbers as people type them, their units, and what is usual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

NUMBER = re.compile(r"[-+]?[0-9]{1,7}(?:[.,][0-9]{1,4})?")
UCUM = re.compile(r"[!-~]{1,20}")  # printable ASCII without a space
SHOWN = {"deg": "°", "Cel": "°C", "{score}": "", "1": "", "%": "%"}  # where people write it otherwise
MOST_DECIMALS = 3


class NotANumber(ValueError):
    """Text that says no number, or one with more decimals than are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What can be, both included, and what is usual; None is open."""

    lowest: Decimal
    highest: Decimal
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None

    @property
    def are_in_order(self) -> bool:
        known = [self.lowest, self.normal_low, self.normal_high, self.highest]
        present = [each for each in known if each is not None]
        return present == sorted(present) and self.lowest < self.highest

    def can_be(self, value: Decimal) -> bool:
        return self.lowest <= value <= self.highest

    def beyond(self, value: Decimal) -> str:
        """Return "low" or "high" for what is not usual, in the words of FHIR's interpretation."""
        if self.normal_low is not None and value < self.normal_low:
            return "low"
        return "high" if self.normal_high is not None and value > self.normal_high else ""


def read_number(text: str, *, decimals: int) -> Decimal:
    """Return the number that was typed, with a point or a comma. Raises `NotANumber`."""
    plain = text.strip()
    if not NUMBER.fullmatch(plain):
        raise NotANumber(text)
    value = Decimal(plain.replace(",", "."))
    if value != round(value, decimals):
        raise NotANumber(text)
    return value


def unit_shown(ucum: str) -> str:
    """Return a unit as people write it."""
    return SHOWN.get(ucum, ucum)


def with_unit(number: str, ucum: str) -> str:
    """Return a number with its unit: 4.2 kg, 37 °C, but 120°."""
    unit = unit_shown(ucum)
    return f"{number}{unit}" if unit in {"°", ""} else f"{number} {unit}"


def number_shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
