"""How much is paid before a visit, and how it is taken off the bill afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from kernel.money import Money
from modules.billing.domain.sums import HUNDRED, Amounts, TaxOfRate


def deposit_on(price: Money, *, percent: Decimal | None, amount: Money | None) -> Money:
    """Return what a rule asks for a service at this price: never more than the price."""
    asked = amount if amount is not None else price.times((percent or Decimal(0)) / HUNDRED)
    return min(asked, price)


def part_of(paid: Sequence[TaxOfRate], *, start: int, size: int) -> Iterator[TaxOfRate]:
    """Yield the part of what was paid, with tax, that lies between `start` and `start + size` minor units of it.

    Parts that follow one another add up to the whole, in net, tax and gross: each tax is the difference of two
    rounded ones, so no rounding is lost between them.
    """
    begins = 0
    for each in paid:
        gross = each.amounts.gross.minor
        first, last = max(start - begins, 0), min(start + size - begins, gross)
        if first < last:
            yield TaxOfRate(each.rate, between(each.amounts, first, last))
        begins += gross


def between(whole: Amounts, first: int, last: int) -> Amounts:
    """Return the part of an amount between two places in it, each counted in minor units of its gross."""
    if first == last:
        return Amounts(*(Money.zero(whole.gross.currency) for _ in range(3)))
    tax = share(whole.tax.minor, last, whole.gross.minor) - share(whole.tax.minor, first, whole.gross.minor)
    net, currency = last - first - tax, whole.gross.currency
    return Amounts(Money(net, currency), Money(tax, currency), Money(last - first, currency))


def share(total: int, size: int | Decimal, of: int | Decimal) -> int:
    return int((Decimal(total) * size / of).quantize(Decimal(1), ROUND_HALF_UP))
