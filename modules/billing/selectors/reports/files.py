"""A report as a file for a spreadsheet, from the same rows as its page."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from kernel.cells import csv_lines
from kernel.money import Money, exponent
from modules.billing.selectors.reports import Report
from modules.billing.selectors.reports.figures import Row

WIDE, NARROW = 32, 14
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def as_csv(report: Report) -> bytes:
    """Return the rows without their sums, which a program makes itself. Nothing in it is run by a spreadsheet."""
    rows = ([_label(report, row), row.currency, *row.amounts] for row in report.rows)
    return "".join(csv_lines([_headers(report), *rows])).encode()


def as_xlsx(report: Report) -> bytes:
    """Return a sheet in which amounts are numbers, with the sums of each currency below."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, 1 + len(report.kind.columns), NARROW)
        for place, header in enumerate(_headers(report)):
            sheet.write_string(0, place, header, bold)
        lines = [(_label(report, row), row.amounts, False) for row in report.rows]
        lines += [(_("Total"), amounts, True) for amounts in report.totals]
        for number, (label, amounts, is_sum) in enumerate(lines, start=1):
            sheet.write_string(number, 0, label, bold if is_sum else None)
            sheet.write_string(number, 1, amounts[0].currency)
            for place, amount in enumerate(amounts, start=2):
                sheet.write_number(number, place, amount.decimal, _form(book, amount, is_sum=is_sum))
    return out.getvalue()


def _headers(report: Report) -> list[str]:
    return [str(report.heading), _("Currency"), *map(str, report.kind.columns)]


def _label(report: Report, row: Row) -> str:
    """Return a day as programs read it, and everything else as people do."""
    return row.key if report.is_over_time else str(row.label)


def _form(book: Any, amount: Money, *, is_sum: bool) -> Any:
    places = exponent(amount.currency)
    return book.add_format({"num_format": f"#,##0.{'0' * places}" if places else "#,##0", "bold": is_sum})
