"""Cash in a drawer: which coins and notes there are, what a count of them comes to, and what should be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.money import Money

MOST_PIECES = 100_000  # of one kind

# Coins and notes in use, in minor units, the largest first. Of other currencies a count is one sum.
DENOMINATIONS: dict[str, tuple[int, ...]] = {
    "AUD": (10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "CAD": (10000, 5000, 2000, 1000, 500, 200, 100, 25, 10, 5),
    "CHF": (100000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "CZK": (500000, 200000, 100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100),
    "DKK": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50),
    "EUR": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "GBP": (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "JPY": (10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 1),
    "KWD": (20000, 10000, 5000, 1000, 500, 250, 100, 50, 20, 10, 5),
    "NOK": (100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 100),
    "PLN": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "SEK": (100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100),
    "USD": (10000, 5000, 2000, 1000, 500, 200, 100, 50, 25, 10, 5, 1),
}


def denominations(currency: str) -> tuple[Money, ...]:
    """Return the coins and notes of a currency, the largest first; none, where we do not know them."""
    return tuple(Money(minor, currency) for minor in DENOMINATIONS.get(currency, ()))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: a sum, and by which coins and notes if they were given (how many of each minor value)."""

    sum: Money
    pieces: Mapping[int, int] = field(default_factory=dict)


def counted_in_pieces(pieces: Mapping[int, int], currency: str) -> Counted:
    """Return the count of so many coins and notes of each value. Raises `ValueError` for one that there is not."""
    known = DENOMINATIONS.get(currency, ())
    if any(value not in known or not 0 <= number <= MOST_PIECES for value, number in pieces.items()):
        raise ValueError("There is no such coin or note, or nobody has so many of it.")
    found = {value: pieces[value] for value in known if pieces.get(value)}
    return Counted(Money(sum(value * number for value, number in found.items()), currency), found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What went through a drawer in a session, in minor units."""

    opening: int
    payments: int
    refunds: int
    paid_in: int
    paid_out: int

    @property
    def expected(self) -> int:
        return self.opening + self.payments - self.refunds + self.paid_in - self.paid_out
