"""Quantities on a shelf: which way a movement goes, when a shelf runs low, how full it is."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

DECIMAL_PLACES = 3
LARGEST = Decimal(10) ** 9  # numeric(12, 3) holds anything below


class Kind(StrEnum):
    """Why stock moved."""

    INBOUND = "INBOUND"  # bought, delivered
    OUTBOUND = "OUTBOUND"  # taken by hand
    ADJUSTMENT = "ADJUSTMENT"  # counted, and it was not what the ledger said
    USE = "USE"  # used up by a visit
    SALE = "SALE"
    RETURN = "RETURN"  # brought back by a customer, or not used after all


ADDS = frozenset({Kind.INBOUND, Kind.RETURN})
TAKES = frozenset({Kind.OUTBOUND, Kind.USE, Kind.SALE})


def delta_of(kind: Kind, quantity: Decimal) -> Decimal:
    """Return `quantity` the way the ledger adds it up: what leaves the shelf is negative.

    An adjustment says by its own sign which way it goes.
    """
    return -quantity if kind in TAKES else quantity


def is_quantity(value: Decimal) -> bool:
    """Test whether the ledger can keep this amount without rounding it."""
    return value.is_finite() and abs(value) < LARGEST and value == round(value, DECIMAL_PLACES)


def is_low(on_hand: Decimal, reorder_point: Decimal) -> bool:
    return on_hand <= reorder_point


def ran_low(*, before: Decimal, after: Decimal, reorder_point: Decimal) -> bool:
    """Test whether a movement crossed the reorder point downwards: once per crossing, however many follow below it."""
    return is_low(after, reorder_point) and not is_low(before, reorder_point)


def fullness(on_hand: Decimal, reorder_point: Decimal) -> int:
    """Return how full a shelf is, in per cent, where the point to reorder at is 50."""
    if not reorder_point:
        return 100 if on_hand else 0
    return min(100, round(50 * on_hand / reorder_point))
