"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal


def plain(number: Decimal) -> str:
    """Return a number without what it does not need: "5", "2.5", "20", never "5.000" or "2E+1"."""
    return f"{number.normalize():f}" if number else "0"
