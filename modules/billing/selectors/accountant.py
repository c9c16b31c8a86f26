"""What goes to the accountant: our accounts with their numbers, and the bookings of some days by these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from kernel.money import Money
from kernel.numbers import plain
from modules.billing.domain.charts import PER_RATE, Key, Number, key_of
from modules.billing.domain.datev import Booking
from modules.billing.domain.pairs import pairs
from modules.billing.domain.posting import Account
from modules.billing.models import ACCOUNT_LABELS, AccountNumber, LedgerEntry, LedgerLine, TaxRate


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedAccount:
    """One of our accounts, with the rate where it has a number for each, and what it is in the practice's chart."""

    key: Key
    label: str
    number: str
    is_automatic: bool


def numbers() -> dict[Key, Number]:
    """Return what our accounts are in the practice's chart, as far as that was said."""
    return {row.key: Number(row.number, row.is_automatic) for row in AccountNumber.objects.all()}


def mapping() -> list[MappedAccount]:
    """Return every account of the books, in their order; those for each rate with all rates that there are."""
    known = numbers()
    return [
        MappedAccount(
            key=key,
            label=label_of(key),
            number=known[key].number if key in known else "",
            is_automatic=key in known and known[key].is_automatic,
        )
        for account in Account
        for key in _keys(account, known)
    ]


def label_of(key: Key) -> str:
    """Return what an account is called, with its rate."""
    account, rate = key
    label: str | Promise = ACCOUNT_LABELS[Account(account)]
    return str(label) if rate is None else f"{label}, {plain(rate)} %"


def used_keys(lines: Any) -> set[Key]:
    """Return which accounts these lines of the books touch."""
    return {key_of(account, rate) for account, rate in lines.values_list("account", "tax_rate").distinct().order_by()}


def bookings(entries: Any, known: Mapping[Key, Number]) -> Iterator[Booking]:
    """Yield these entries as sums from one number to another, the earliest first. Nobody is named in them.

    What is between two accounts of one number is none. Every account that they touch has to be `known`.
    """
    automatic = {number.number for number in known.values() if number.is_automatic}
    for entry in entries.order_by("day", "pk").iterator(chunk_size=500):
        number = str(entry.invoice.number) if entry.invoice else ""  # of what is about a till, nothing has one
        currency = entry.lines.all()[0].currency
        for pair in pairs(_sums(entry, known)):
            yield Booking(
                amount=Money(pair.minor, currency).decimal,
                debit=pair.debit,
                credit=pair.credit,
                day=entry.day,
                number=number,
                text=f"{entry.get_kind_display()} {number}".rstrip(),
                is_on_automatic_debit=pair.debit in automatic,
                is_on_automatic_credit=pair.credit in automatic,
            )


def _sums(entry: LedgerEntry, known: Mapping[Key, Number]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for line in entry.lines.all():
        sums[known[key_of(line.account, line.tax_rate)].number] += line.amount_minor
    return {number: minor for number, minor in sums.items() if minor}


def _keys(account: Account, known: Mapping[Key, Number]) -> list[Key]:
    if account not in PER_RATE:
        return [key_of(account, None)]
    used = LedgerLine.objects.filter(account=account).values_list("tax_rate", flat=True).distinct().order_by()
    rates = {*TaxRate.objects.kept().values_list("percent", flat=True), *used}
    rates |= {rate for of, rate in known if of == account}
    keys = {key_of(account, Decimal(rate or 0)) for rate in rates}
    if account is Account.TAX:
        keys.discard(key_of(account, Decimal(0)))  # of nothing nothing is due
    return sorted(keys, key=lambda key: -(key[1] or Decimal(0)))
