"""A statement of a client's account as a PDF that prints, archives (PDF/A-3b) and reads aloud (PDF/UA-1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.models import Letterhead
from modules.billing.selectors.statements import Account, Statement
from tenancy import current_tenant

TEMPLATE = Path(__file__).with_name("statement.typ")


def statement_pdf(statement: Statement, *, head: Letterhead, name: str, address: Sequence[str]) -> bytes:
    """Return the PDF of a statement to whoever has this name and address. The same one gives the same bytes."""
    ended = datetime.combine(statement.days.until, time.min, UTC)
    with translation.override(current_tenant().language):
        told = _told(statement, head=head, client={"name": name, "address": list(address)})
    document = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs={"statement": json.dumps(told)},
        ignore_system_fonts=True,
        pdf_standards=["a-3b", "ua-1"],
        timestamp=int(ended.timestamp()),
    )
    return bytes(document)


def _told(statement: Statement, *, head: Letterhead, client: dict[str, Any]) -> dict[str, Any]:
    """Return everything the paper says, as text."""
    address = head.address.splitlines()
    title, days = _("Account statement"), statement.days
    period = _("%(since)s to %(until)s") % {"since": _day(days.since), "until": _day(days.until)}
    return {
        "name": f"{title}, {period}",
        "language": current_tenant().language.split("-")[0],
        "title": title,
        "period": period,
        "to": _("For"),
        "seller": {
            "name": head.name,
            "address": address,
            "line": " · ".join([head.name, *address, head.tax_number]).rstrip(" ·"),
        },
        "client": client,
        "columns": [_("Date"), _("What"), _("Number"), _("Charged"), _("Paid or credited"), _("Balance")],
        "open_title": _("Open on the last day"),
        "open_columns": [_("Number"), _("Date"), _("Due"), _("Open")],
        "settled": _("Nothing is open."),
        "accounts": [_account(account) for account in statement.accounts],
        "note": _("A balance below zero is your credit."),
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "currency": account.currency,
        "opening": [_("Balance before"), _money(account.opening)],
        "rows": [
            [
                _short(each.day),
                each.what,
                each.number,
                _money(each.charged) if each.charged is not None else "",
                _money(each.settled) if each.settled is not None else "",
                _money(each.balance),
            ]
            for each in account.movements
        ],
        "closing": [_("Balance on the last day"), _money(account.closing)],
        "open": [
            [item.number, _short(item.issued_on), _due(item.due_on, is_late=item.is_late), _money(item.balance)]
            for item in account.open_items
        ],
    }


def _due(day: date, *, is_late: bool) -> str:
    return _("%(day)s, overdue") % {"day": _short(day)} if is_late else _short(day)


def _money(amount: Money) -> str:
    return amount.shown(current_tenant().language)


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _short(day: date) -> str:
    return date_format(day, "j M Y")
