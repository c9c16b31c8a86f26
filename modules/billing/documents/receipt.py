"""A receipt or a refund slip as a PDF that prints, archives (PDF/A-3b) and reads aloud (PDF/UA-1)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.selectors.receipts import Receipt, ReceiptPart
from tenancy import current_tenant

TEMPLATE = Path(__file__).with_name("receipt.typ")


def receipt_pdf(receipt: Receipt) -> bytes:
    """Return the PDF of a receipt, in the language it was put together in. The same one gives the same bytes."""
    document = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs={"receipt": json.dumps(_told(receipt))},
        ignore_system_fonts=True,
        pdf_standards=["a-3b", "ua-1"],
        timestamp=int(receipt.at.timestamp()),
    )
    return bytes(document)


def _told(receipt: Receipt) -> dict[str, Any]:
    """Return everything the paper says, as text."""
    invoice = receipt.invoice
    address = invoice.seller_address.splitlines()
    facts = {_("Number"): receipt.number, _("Date"): _day(receipt.at), _("Method"): receipt.method}
    if receipt.reference:
        facts[_("Reference")] = receipt.reference
    return {
        "name": f"{receipt.title} {receipt.number}",
        "language": (translation.get_language() or current_tenant().language).split("-")[0],
        "title": receipt.title,
        "to": _("For"),
        "seller": {
            "name": invoice.seller_name,
            "address": address,
            "line": " · ".join([invoice.seller_name, *address, invoice.seller_tax_number]).rstrip(" ·"),
        },
        "client": {"name": invoice.client_name, "address": invoice.client_address.splitlines()},
        "facts": [{"label": label, "value": value} for label, value in facts.items()],
        "columns": [_("Invoice"), _("Amount"), _("Left to pay")],
        "rows": [[part.number, _money(part.amount), _money(part.left)] for part in receipt.parts],
        "total": {"label": _("Total"), "value": _money(receipt.total)},
        "remarks": [*([receipt.remark] if receipt.remark else []), *_taken_back(receipt.parts)],
    }


def _taken_back(parts: list[ReceiptPart]) -> list[str]:
    """Return which of the money was taken back: this paper is no proof of it any more."""
    return [
        _("%(amount)s for %(number)s was taken back on %(day)s: so much is owed again.")
        % {"amount": _money(part.amount), "number": part.number, "day": _day(part.taken_back_at)}
        for part in parts
        if part.taken_back_at
    ]


def _money(amount: Money) -> str:
    return amount.shown(current_tenant().language)


def _day(at: datetime) -> str:
    return date_format(at.astimezone(ZoneInfo(current_tenant().time_zone)), "j F Y")
