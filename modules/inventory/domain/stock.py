"""Quantities on a shelf: which way a movement goes, when a shelf runs low, how a quantity is written."""

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
    RETURN = "RETURN"  # brought back by a customer


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


def plain(quantity: Decimal) -> str:
    """Return a quantity as people write it: "5", "2.5", never "5.000" or "1E+1"."""
    return f"{quantity.normalize():f}" if quantity else "0"
