"""How much there is of something, in words that are right in every language."""

from __future__ import annotations

from decimal import Decimal

from kernel.numbers import plain

# What a number stands before as it is. Any other word is a tenant's own, and nobody knows its plural.
SYMBOLS = frozenset({"%", "cl", "cm", "dl", "g", "h", "iu", "kg", "km", "l", "m", "mcg", "mg", "min", "ml", "mm", "µg"})


def amount(quantity: Decimal, unit: str) -> str:
    """Return "250 ml" or "7 × piece"."""
    return f"{plain(quantity)} {unit}" if unit.strip().lower() in SYMBOLS else f"{plain(quantity)} × {unit}"
