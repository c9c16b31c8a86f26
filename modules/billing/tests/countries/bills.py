"""A bill of a country: lines at a plain percentage, taxed as the country's rates say for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.money import Money
from modules.billing.domain.adjustments import Adjusted, Adjustment, Kind, reckon
from modules.billing.domain.sums import Charge
from modules.billing.domain.tax_presets import preset_of
from modules.billing.domain.taxes import Rate, rate_for


@dataclass(frozen=True)
class Line:
    price: str
    percent: str
    quantity: str = "1"
    less: str = ""  # per cent off it


@dataclass(frozen=True)
class Bill:
    net: str
    tax: str
    gross: str
    taxes: dict[str, str]  # by rate
    rates: list[Rate]  # of each line


def bill(
    country: str,
    *lines: Line,
    currency: str,
    on: date = date(2026, 3, 2),
    less: str = "",
    amount_less: str = "",
    inclusive: bool = True,
    treats_people: bool = True,
) -> Bill:
    """Return what a bill of these lines comes to, with so many per cent or such an amount off all of it."""
    preset = preset_of(country, treats_people=treats_people)
    rates = [rate_for(Decimal(line.percent), preset, on=on) for line in lines]
    charges = [
        Adjusted(
            Charge(Decimal(line.quantity), Money.parse(line.price, currency), rate.percent),
            (_percent(line.less),) if line.less else (),
        )
        for line, rate in zip(lines, rates, strict=True)
    ]
    whole = [_percent(less)] if less else []
    if amount_less:
        whole.append(Adjustment(kind=Kind.DISCOUNT, amount=Money.parse(amount_less, currency)))
    sums = reckon(charges, whole, currency=currency, prices_include_tax=inclusive).sums
    taxes = {f"{each.rate.normalize():f}": str(each.amounts.tax) for each in sums.taxes}
    return Bill(str(sums.total.net), str(sums.total.tax), str(sums.total.gross), taxes, rates)


def _percent(text: str) -> Adjustment:
    return Adjustment(kind=Kind.DISCOUNT, percent=Decimal(text))
