"""An invoice as a PDF that prints, archives (PDF/A-3b) and reads aloud (PDF/UA-1), set by Typst."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.money import Money
from kernel.numbers import plain
from modules.billing.models import Adjustment, Invoice, InvoiceLine
from modules.billing.selectors import TaxPart, taxes_of
from tenancy import current_tenant

TEMPLATE = Path(__file__).with_name("invoice.typ")


def invoice_pdf(invoice: Invoice, *, pay_url: str, attached: tuple[str, bytes] | None = None) -> bytes:
    """Return the PDF of an invoice or a credit note. The same one gives the same bytes.

    A draft makes a pro forma: it says that it is no invoice, and bears no number. `attached` is an XML file that says
    the same, by its name.
    """
    issued_on = datetime.combine(invoice.issue_date or date.min, time.min, UTC)
    with translation.override(current_tenant().language):
        told = _told(invoice, pay_url=pay_url if invoice.to_pay else "")
    inputs = {"invoice": json.dumps(told)}
    if attached:
        inputs |= {"name": attached[0], "xml": attached[1].decode()}
    document = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs=inputs,
        ignore_system_fonts=True,
        pdf_standards=["a-3b", "ua-1"],
        timestamp=int(issued_on.timestamp()),
    )
    return bytes(document)


def _told(invoice: Invoice, *, pay_url: str) -> dict[str, Any]:
    """Return everything the paper says, as text."""
    address = invoice.seller_address.splitlines()
    patient = invoice.patient_name if invoice.patient_name != invoice.client_name else ""
    title = _title(invoice)
    return {
        "name": f"{title} {invoice.number or ''}".strip(),
        "language": current_tenant().language.split("-")[0],
        "words": {
            "title": title,
            "bill_to": _("Bill to"),
            "for_patient": _("For"),
            "pay_online": _("Pay online by card"),
        },
        "seller": {
            "name": invoice.seller_name,
            "address": address,
            "line": " · ".join([invoice.seller_name, *address, invoice.seller_tax_number]).rstrip(" ·"),
        },
        "client": {"name": invoice.client_name, "address": invoice.client_address.splitlines()},
        "patient": patient,
        "facts": _facts(invoice),
        "columns": [_("Description"), _("Quantity"), _("Price"), _("Tax"), _("Amount")],
        "lines": [_line(line) for line in invoice.lines.all()],
        "sums": _sums(invoice),
        "taxes": [_tax(part) for part in taxes_of(invoice) if part.category],
        "tax_columns": [_("Tax"), _("Rate"), _("Without tax"), _("Tax")],
        "to_pay": _result(invoice),
        "pay_url": pay_url,
    }


def _result(invoice: Invoice) -> dict[str, str]:
    if invoice.is_credit_note:
        return {"label": _("Credited"), "value": _money(invoice.gross)}
    return {"label": _("To pay"), "value": _money(invoice.to_pay)}


def _title(invoice: Invoice) -> str:
    if invoice.is_credit_note:
        return _("Credit note")
    return _("Invoice") if invoice.number else _("Pro forma – not an invoice")


def _facts(invoice: Invoice) -> list[dict[str, str]]:
    facts = {_("Number"): invoice.number} if invoice.number else {}
    facts[_("Date")] = _day(invoice.issue_date)
    if invoice.corrects:
        facts[_("For invoice")] = str(invoice.corrects.number)
        facts[_("Of")] = _day(invoice.corrects.issue_date)
        facts[_("Reason")] = invoice.reason
    elif invoice.due_date:
        facts[_("Due")] = _day(invoice.due_date)
    if invoice.seller_tax_number:
        facts[_("Tax number")] = invoice.seller_tax_number
    return _pairs(facts)


def _line(line: InvoiceLine) -> dict[str, Any]:
    own = line.adjustments.all()
    return {
        "description": line.description,
        "detail": line.detail,
        "adjustments": [f"{_adjustment(each)}, {_money(each.change)}" for each in own],
        "quantity": plain(line.quantity),
        "unit_price": _money(line.unit_price),
        "tax_rate": f"{plain(line.tax_rate)} %",
        "listed": _money(line.listed) if own else "",
        "amount": _money(line.price),
    }


def _tax(part: TaxPart) -> list[str]:
    """Return a row of the tax summary: by which category, at which rate, on how much, and how much."""
    why = f" ({part.code})" if part.code and not part.code.startswith("VATEX") else ""
    words = f"{part.reason}{why}" or part.label
    return [words, f"{plain(part.rate)} %", _money(part.net), _money(part.tax)]


def _adjustment(row: Adjustment) -> str:
    words = _("Discount") if row.is_discount else _("Surcharge")
    if row.percent is not None:
        words = f"{words} {plain(row.percent)} %"
    return f"{words}: {row.reason}" if row.reason else words


def _sums(invoice: Invoice) -> list[dict[str, str]]:
    """Return net, the tax of each rate, the total, and what was paid by the time it was issued."""
    sums = _of_whole(invoice)
    if invoice.tax:
        sums[_("Net")] = _money(invoice.net)
    for part in taxes_of(invoice):
        if part.tax:
            sums[_("Tax %(rate)s %%") % {"rate": plain(part.rate)}] = _money(part.tax)
    sums[_("Total")] = _money(invoice.gross)
    if invoice.paid:
        sums[_("Paid")] = _money(invoice.paid)
    return _pairs(sums)


def _of_whole(invoice: Invoice) -> dict[str, str]:
    """Return what the lines come to and what is taken off or put on the whole, if anything is."""
    if not invoice.adjusted:
        return {}
    lines = sum((line.price for line in invoice.lines.all()), Money.zero(invoice.currency))
    sums = {_("Sum of the lines"): _money(lines)}
    for number, each in enumerate(invoice.adjusted, start=1):
        words = _adjustment(each)
        sums[f"{words} ({number})" if words in sums else words] = _money(each.change)
    return sums


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in values.items()]


def _money(amount: Money) -> str:
    return amount.shown(current_tenant().language)


def _day(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""
