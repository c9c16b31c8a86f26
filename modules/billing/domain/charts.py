"""Charts of accounts: what an accountant calls our accounts. Germany's SKR03 and SKR04; elsewhere one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modules.billing.domain.posting import Account

PER_RATE = frozenset({Account.SALES, Account.TAX})  # a chart has one of these for each rate of tax
Key = tuple[str, Decimal | None]  # an account of ours, and the rate for those that have one for each


class Chart(StrEnum):
    OWN = ""
    SKR03 = "03"
    SKR04 = "04"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a chart; of an automatic account DATEV reckons the tax by itself, unless it is told not to."""

    number: str
    is_automatic: bool = False


def key_of(account: str, tax_rate: Decimal | None) -> Key:
    """Return by what an account of the books is found in a chart."""
    return (account, (tax_rate or Decimal(0)).quantize(Decimal("0.01")) if account in PER_RATE else None)


def _chart(sales: Mapping[int, Number], tax: Mapping[int, str], others: Mapping[Account, str]) -> dict[Key, Number]:
    return {
        **{key_of(Account.SALES, Decimal(rate)): number for rate, number in sales.items()},
        **{key_of(Account.TAX, Decimal(rate)): Number(number) for rate, number in tax.items()},
        **{key_of(account, None): Number(number) for account, number in others.items()},
    }


PRESETS: dict[Chart, dict[Key, Number]] = {
    Chart.SKR03: _chart(
        {19: Number("8400", is_automatic=True), 7: Number("8300", is_automatic=True), 0: Number("8100")},
        {19: "1776", 7: "1771"},
        {
            Account.RECEIVABLE: "1410",
            Account.CREDIT: "1700",
            Account.DEPOSITS: "1710",
            Account.PACKAGES: "0990",
            Account.FEES: "8600",
            Account.CASH: "1000",
            Account.CARD: "1360",
            Account.BANK: "1200",
            Account.STRIPE: "1361",
            Account.PAID_BACK: "1362",
            Account.LOSSES: "2400",
            Account.MOVED: "1590",
        },
    ),
    Chart.SKR04: _chart(
        {19: Number("4400", is_automatic=True), 7: Number("4300", is_automatic=True), 0: Number("4100")},
        {19: "3806", 7: "3801"},
        {
            Account.RECEIVABLE: "1210",
            Account.CREDIT: "3500",
            Account.DEPOSITS: "3250",
            Account.PACKAGES: "3900",
            Account.FEES: "4830",
            Account.CASH: "1600",
            Account.CARD: "1460",
            Account.BANK: "1800",
            Account.STRIPE: "1461",
            Account.PAID_BACK: "1462",
            Account.LOSSES: "6930",
            Account.MOVED: "1370",
        },
    ),
}
