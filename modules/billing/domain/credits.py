"""How much of an invoice's line is credited: parts that follow one another add up to the line, to the minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from modules.billing.domain.deposits import between, share
from modules.billing.domain.sums import Amounts


@dataclass(frozen=True, slots=True)
class Creditable:
    """A line as it was issued, and what was credited of it: so much money, and so many of what it sold."""

    whole: Amounts
    quantity: Decimal
    credited: int = 0  # of the gross, in minor units
    taken_back: Decimal = Decimal(0)

    @property
    def left(self) -> int:
        return self.whole.gross.minor - self.credited

    @property
    def quantity_left(self) -> Decimal:
        return self.quantity - self.taken_back

    def gross_of(self, quantity: Decimal) -> int:
        """Return what so many come to; all that are left come to all that is left."""
        if quantity == self.quantity_left:
            return self.left
        gross, taken = self.whole.gross.minor, self.taken_back
        return share(gross, taken + quantity, self.quantity) - share(gross, taken, self.quantity)

    def part(self, size: int) -> Amounts:
        """Return the next part of so many minor units, with exactly its share of the tax."""
        return between(self.whole, self.credited, self.credited + size)
