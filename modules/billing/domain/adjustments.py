"""Discounts and surcharges, on a line or on the whole document, to the minor unit.

Decided: a percentage is always one of the price before any discount (of a line: quantity × price; of the document:
what the lines come to after their own), never one of what another discount has left. So their order changes nothing,
and 10 % and 10 % are the 20 % that whoever reads them expects. Surcharges are counted first; then each discount is cut
at what is left, so nothing is ever below zero and a discount of 100 % leaves nothing. Amounts are prices: with tax
where prices include it, without it where they do not. Percentages are rounded half away from zero, as lines are
(EN 16931).

What is on the document (BG-20 and BG-21 of EN 16931) is shared out over its lines, first among the rates of tax, then
within each rate, by the largest remainder; tax is worked out on what is left. So the lines, the tax of each rate and
the total go on adding up exactly, and what was taken off at each rate is the sum of the shares of its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.money import Money
from modules.billing.domain.sums import HUNDRED, Charge, Sums, add_up_prices, shared_out


class Kind(StrEnum):
    DISCOUNT = "DISCOUNT"
    SURCHARGE = "SURCHARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """So much less, or so much more: a percentage or an amount."""

    kind: Kind
    percent: Decimal | None = None
    amount: Money | None = None

    def of(self, base: Money) -> Money:
        """Return what it wants to take off this price, or to put on it."""
        return self.amount if self.amount is not None else base.times((self.percent or Decimal(0)) / HUNDRED)

    def percent_of(self, base: Money) -> Decimal:
        """Return what part of this price it is, in per cent. A part of nothing is all of it."""
        if self.amount is None:
            return self.percent or Decimal(0)
        return self.amount.minor * HUNDRED / base.minor if base else HUNDRED


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A line and what it has of its own."""

    charge: Charge
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What a line costs by the list, what each adjustment of its own comes to, and its share of the document's.

    The adjustments are as they are written, never below nothing; the share is below it where the document gets cheaper.
    """

    listed: Money
    own: tuple[Money, ...]
    before: Money  # after its own, before the document's
    shared: Money

    @property
    def price(self) -> Money:
        return self.before + self.shared


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the lines come to, in their order, and what each adjustment of the document is in money."""

    lines: tuple[LinePrice, ...]
    of_document: tuple[Money, ...]
    sums: Sums


def reckon(
    lines: Sequence[Adjusted], document: Sequence[Adjustment], *, currency: str, prices_include_tax: bool
) -> Reckoning:
    """Return what a document comes to with every discount and surcharge."""
    rates = [line.charge.tax_rate for line in lines]
    listed = [line.charge.unit_price.times(line.charge.quantity) for line in lines]
    own = [worked_out(price, line.adjustments) for price, line in zip(listed, lines, strict=True)]
    before = [
        changed(price, line.adjustments, amounts) for price, line, amounts in zip(listed, lines, own, strict=True)
    ]
    base = sum(before, Money.zero(currency))
    whole = worked_out(base, document) if base else (base,) * len(document)
    shared = _shared(changed(base, document, whole) - base, before, rates)
    priced = tuple(map(LinePrice, listed, own, before, shared))
    prices = [line.price for line in priced]
    sums = add_up_prices(prices, rates, currency=currency, prices_include_tax=prices_include_tax)
    return Reckoning(priced, whole, sums)


def worked_out(base: Money, adjustments: Sequence[Adjustment]) -> tuple[Money, ...]:
    """Return what each comes to, in its place: discounts are cut at what the price and its surcharges leave."""
    wished = [each.of(base) for each in adjustments]
    room = base.minor + sum(
        wish.minor for each, wish in zip(adjustments, wished, strict=True) if each.kind is Kind.SURCHARGE
    )
    amounts: list[Money] = []
    for each, wish in zip(adjustments, wished, strict=True):
        amount = wish if each.kind is Kind.SURCHARGE else min(wish, Money(room, base.currency))
        room -= 0 if each.kind is Kind.SURCHARGE else amount.minor
        amounts.append(amount)
    return tuple(amounts)


def changed(price: Money, adjustments: Sequence[Adjustment], amounts: Sequence[Money]) -> Money:
    """Return a price with what the adjustments come to."""
    for each, amount in zip(adjustments, amounts, strict=True):
        price = price + amount if each.kind is Kind.SURCHARGE else price - amount
    return price


def _shared(change: Money, prices: Sequence[Money], rates: Sequence[Decimal]) -> list[Money]:
    """Share a change of the whole out over the lines, among the rates first and then within each."""
    shares = [0] * len(prices)
    places = {rate: [place for place, each in enumerate(rates) if each == rate] for rate in sorted(set(rates))}
    of_rates = shared_out(abs(change.minor), [sum(prices[place].minor for place in each) for each in places.values()])
    for of_rate, here in zip(of_rates, places.values(), strict=True):
        for place, share in zip(here, shared_out(of_rate, [prices[place].minor for place in here]), strict=True):
            shares[place] = share if change.minor > 0 else -share
    return [Money(share, change.currency) for share in shares]
