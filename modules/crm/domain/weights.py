"""Weights of animals: as people write them, and the curve they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

WEIGHT = re.compile(r"(\d{1,8}(?:[.,]\d{1,3})?)\s*(kg|g)?", re.IGNORECASE)
HEAVIEST = 10_000_000  # grams: an elephant, and some
WIDTH, HEIGHT, EDGE = 320, 96, 8


class NotAWeight(ValueError):
    """Text that says no weight of an animal."""


class Weighed(NamedTuple):
    at: datetime
    grams: int


class Point(NamedTuple):
    x: int
    y: int


def read_weight(text: str) -> int:
    """Return grams: of "4.2", "4,2 kg" or "850 g". Raises `NotAWeight`."""
    found = WEIGHT.fullmatch(text.strip())
    if found is None:
        raise NotAWeight(text)
    unit = 1 if (found[2] or "kg").lower() == "g" else 1000
    grams = int((Decimal(found[1].replace(",", ".")) * unit).to_integral_value())
    if not 0 < grams <= HEAVIEST:
        raise NotAWeight(text)
    return grams


def shown(grams: int) -> str:
    """Return a weight as people read it: 850 g, 4.2 kg, 31 kg."""
    return f"{grams} g" if grams < 1000 else f"{Decimal(grams).scaleb(-3).normalize():f} kg"


def curve_of(weighed: Sequence[Weighed]) -> list[Point]:
    """Return the points of the curve, the first one leftmost, the heaviest on top. Time runs evenly."""
    if len(weighed) < 2:
        return []
    in_order = sorted(weighed)
    start, span = in_order[0].at, (in_order[-1].at - in_order[0].at).total_seconds() or 1
    low, high = min(each.grams for each in in_order), max(each.grams for each in in_order)
    wide, high_up = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    return [
        Point(
            EDGE + round((each.at - start).total_seconds() / span * wide),
            HEIGHT // 2 if low == high else EDGE + round((high - each.grams) / (high - low) * high_up),
        )
        for each in in_order
    ]
