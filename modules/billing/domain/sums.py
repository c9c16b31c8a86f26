"""What an invoice adds up to, to the minor unit.

Decided: prices include tax unless an invoice says otherwise. What a clinic, a vet or a shop puts on its price list is
what the person at the desk pays (Directive 98/6/EC asks for it where consumers buy), so a visit of 58.00 is an invoice
of 58.00. Whether prices include tax is kept on each invoice, not on the tenant: an invoice never changes, a habit may.

Tax is worked out once per rate, on the sum of the lines at that rate, and rounded half away from zero: the rule of
EN 16931 (BR-CO-17 and BR-S-09). Rounding line by line would be off by up to half a cent for each line. So that the
lines still add up to the totals, each rate's tax is shared out among its lines by their size, and the odd minor units
go to those whose share was cut short the most (the largest-remainder method). No line's tax is more than one minor
unit away from its own exact tax share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from kernel.money import Money

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Charge:
    """So much of something, at a price each, taxed at a rate in per cent."""

    quantity: Decimal
    unit_price: Money
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """Without tax, the tax, and with it. Always `net + tax == gross`."""

    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class TaxOfRate:
    rate: Decimal
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Sums:
    """The lines in the order they were given, the tax of each rate from the lowest, and the totals of both."""

    lines: tuple[Amounts, ...]
    taxes: tuple[TaxOfRate, ...]
    total: Amounts


def add_up(charges: Sequence[Charge], *, currency: str, prices_include_tax: bool) -> Sums:
    """Return what the charges come to. Both the lines and the taxes add up to the total exactly."""
    prices = [charge.unit_price.times(charge.quantity) for charge in charges]
    rates = [charge.tax_rate for charge in charges]
    return add_up_prices(prices, rates, currency=currency, prices_include_tax=prices_include_tax)


def add_up_prices(
    prices: Sequence[Money], rates: Sequence[Decimal], *, currency: str, prices_include_tax: bool
) -> Sums:
    """Return what these prices come to, each taxed at the rate in its place."""
    lines: list[Amounts] = [_amounts(0, 0, currency)] * len(prices)
    taxes: list[TaxOfRate] = []
    for rate in sorted(set(rates)):
        places = [place for place, each in enumerate(rates) if each == rate]
        amounts = [prices[place].minor for place in places]
        tax = _tax(sum(amounts), rate, prices_include_tax=prices_include_tax)
        shares = shared_out(tax, amounts)
        for place, amount, share in zip(places, amounts, shares, strict=True):
            lines[place] = _amounts(amount - share if prices_include_tax else amount, share, currency)
        net = sum(amounts) - tax if prices_include_tax else sum(amounts)
        taxes.append(TaxOfRate(rate, _amounts(net, tax, currency)))
    net, tax = (sum(getattr(each.amounts, part).minor for each in taxes) for part in ("net", "tax"))
    return Sums(tuple(lines), tuple(taxes), _amounts(net, tax, currency))


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`, exactly: what rounding leaves over goes to the largest remainders."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[:left]:
        shares[place] += 1
    return shares


def _tax(amount: int, rate: Decimal, *, prices_include_tax: bool) -> int:
    of = HUNDRED + rate if prices_include_tax else HUNDRED
    return int((amount * rate / of).quantize(Decimal(1), ROUND_HALF_UP))


def _amounts(net: int, tax: int, currency: str) -> Amounts:
    return Amounts(Money(net, currency), Money(tax, currency), Money(net + tax, currency))
