"""A report as a PDF that prints and reads aloud (PDF/UA-1), set by Typst from the same rows as its page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import typst
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.models import Letterhead
from modules.billing.selectors.reports import Report
from tenancy import current_tenant

TEMPLATE = Path(__file__).with_name("report.typ")


def report_pdf(report: Report, *, head: Letterhead) -> bytes:
    """Return the PDF of a report, in the language of whoever asks. The same one gives the same bytes."""
    ended = datetime.combine(report.days.until, time.min, UTC)
    document = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs={"report": json.dumps(_told(report, head))},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=int(ended.timestamp()),
    )
    return bytes(document)


def _told(report: Report, head: Letterhead) -> dict[str, Any]:
    """Return everything the paper says, as text."""
    rows = [[str(row.label), *map(_money, row.amounts)] for row in report.rows]
    sums = [[_("Total"), *map(_money, amounts)] for amounts in report.totals]
    return {
        "language": (get_language() or current_tenant().language).split("-")[0],
        "seller": head.name,
        "title": str(report.kind.title),
        "days": period_in_words(report),
        "says": str(report.kind.says),
        "columns": [str(report.heading), *map(str, report.kind.columns)],
        "rows": rows,
        "sums": sums,
        "nothing": _("Nothing in these days"),
    }


def period_in_words(report: Report) -> str:
    since, until = date_format(report.days.since, "j F Y"), date_format(report.days.until, "j F Y")
    if report.kind.is_standing or since == until:
        return until
    return _("%(since)s to %(until)s") % {"since": since, "until": until}


def _money(amount: Money) -> str:
    return amount.shown(get_language() or current_tenant().language)
