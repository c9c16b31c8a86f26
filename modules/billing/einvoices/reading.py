"""Read an issued document from its frozen rows: nothing of what a client or the practice is today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from kernel.money import Money
from modules.billing.domain.stamp_duty import DUTY
from modules.billing.domain.sums import HUNDRED, add_up_prices
from modules.billing.domain.taxes import Category
from modules.billing.einvoices.port import Bill, BilledLine, Change, Party, Taxed, TaxedSum
from modules.billing.models import Invoice, InvoiceLine
from modules.billing.selectors import taxes_of


def read(invoice: Invoice) -> Bill:
    """Return what a document says. Asked for a draft with copied names, it is what it would say."""
    rows = list(invoice.lines.all())
    nets = _nets_before_the_whole(invoice, rows)
    return Bill(
        number=invoice.number or "",
        is_credit_note=invoice.is_credit_note,
        issued_on=invoice.issue_date or date.min,
        due_on=invoice.due_date or invoice.issue_date or date.min,
        currency=invoice.currency,
        seller=Party(
            name=invoice.seller_name, tax_number=invoice.seller_tax_number, **_details(invoice.seller_details)
        ),
        buyer=Party(name=invoice.client_name, **_details(invoice.client_details)),
        lines=tuple(_line(invoice, row, net) for row, net in zip(rows, nets, strict=True)),
        changes=tuple(_changes(invoice, rows, nets)),
        sums=tuple(
            TaxedSum(
                taxed=_taxed(part.category, part.rate, part.reason, part.code),
                net=_plain(part.net),
                tax=_plain(part.tax),
            )
            for part in taxes_of(invoice)
        ),
        net=_plain(invoice.net),
        tax=_plain(invoice.tax),
        gross=_plain(invoice.gross),
        stamp_duty=_plain(DUTY) if any(row.is_duty for row in rows) else None,
        corrects=str(invoice.corrects.number) if invoice.corrects else "",
        corrects_on=invoice.corrects.issue_date if invoice.corrects else None,
        reason=invoice.reason,
    )


def _details(written: str) -> dict[str, str]:
    known = set(Party.__dataclass_fields__)
    return {name: value for name, value in json.loads(written or "{}").items() if name in known}


def _nets_before_the_whole(invoice: Invoice, rows: Sequence[InvoiceLine]) -> list[Money]:
    """Return what each line comes to without tax, and without its share of what was taken off or put on the whole."""
    nets = {row.pk: row.net for row in rows}
    if invoice.adjusted:
        priced = [row for row in rows if row.is_adjustable]
        sums = add_up_prices(
            [row.price for row in priced],
            [row.tax_rate for row in priced],
            currency=invoice.currency,
            prices_include_tax=invoice.prices_include_tax,
        )
        nets |= {row.pk: amounts.net for row, amounts in zip(priced, sums.lines, strict=True)}
    return [nets[row.pk] for row in rows]


def _line(invoice: Invoice, row: InvoiceLine, net: Money) -> BilledLine:
    own = list(row.adjustments.all())
    change = sum((each.change for each in own), Money.zero(row.currency))
    if invoice.prices_include_tax:
        change = change.times(HUNDRED / (HUNDRED + row.tax_rate))
    return BilledLine(
        description=row.description,
        detail=row.detail,
        quantity=row.quantity,
        listed=_plain(net - change),
        change=_plain(change),
        change_words=_words(own),
        net=_plain(net),
        taxed=_taxed(row.tax_category, row.tax_rate, row.tax_reason, row.tax_code),
        is_duty=row.is_duty,
    )


def _changes(invoice: Invoice, rows: Sequence[InvoiceLine], nets: Sequence[Money]) -> Iterable[Change]:
    found: dict[tuple[Any, ...], Money] = {}
    for row, net in zip(rows, nets, strict=True):
        key = (row.tax_category, row.tax_rate, row.tax_reason, row.tax_code)
        found[key] = found.get(key, Money.zero(row.currency)) + (row.net - net)
    words = _words(invoice.adjusted)
    for key in sorted(key for key, change in found.items() if change):
        yield Change(amount=_plain(found[key]), words=words, taxed=_taxed(*key))


def _taxed(category: str, rate: Decimal, reason: str, code: str) -> Taxed:
    """Drawn up before there were categories, a line is taxed or at nothing."""
    usual = Category.STANDARD if rate else Category.ZERO
    return Taxed(category=category or usual.value, rate=rate, reason=reason, code=code)


def _words(given: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(each.reason for each in given if each.reason))


def _plain(amount: Money) -> Decimal:
    return amount.decimal
