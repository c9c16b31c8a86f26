"""What Postgres refuses of credit notes, past every service; and many who credit at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from modules.billing.models import Invoice, InvoiceLine
from modules.billing.services import WishedCredit
from modules.billing.tests.test_crediting import Credit, credit, sold

__all__ = ["credit", "sold"]  # fixtures


def written(invoice: Invoice, minor: int, **more: Any) -> Invoice:
    """Write a credit note past the service, up to its issue."""
    line = invoice.lines.first()
    assert line is not None
    row = {
        "client": invoice.client, "patient": invoice.patient, "currency": invoice.currency, "kind": "CREDIT_NOTE",
        "corrects": invoice, "reason": "x", "net_minor": minor, "gross_minor": minor,
    }  # fmt: skip
    note = Invoice.objects.create(**(row | more))
    InvoiceLine.objects.create(
        invoice=note, position=1, description="x", quantity=1, unit_price_minor=minor, tax_rate=line.tax_rate,
        net_minor=minor, tax_minor=0, gross_minor=minor, currency="GBP", corrects_line=line,
    )  # fmt: skip
    return note


def issue_by_hand(note: Invoice, now: datetime) -> None:
    day = now.date()
    Invoice.objects.filter(pk=note.pk).update(
        number="CN-X", status="CREDIT", issued_at=now, issue_date=day, due_date=day
    )


@pytest.mark.parametrize(
    ("minor", "more", "sentence"),
    [
        (5801, {}, "invoice_line_credited_within"),
        (100, {"reason": ""}, "for a reason"),
        (100, {"currency": "EUR"}, "corrects an issued invoice"),
    ],
)
def test_the_database_judges_a_credit_note_too(
    issued: Invoice, now: datetime, minor: int, more: dict[str, Any], sentence: str
) -> None:
    note = written(issued, minor, **more)

    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        issue_by_hand(note, now)


def test_the_database_refuses_a_line_of_another_invoice(issued: Invoice, sold: Invoice, now: datetime) -> None:
    note = written(issued, 100, corrects=sold)

    with pytest.raises(IntegrityError, match="are of its invoice"), transaction.atomic():
        issue_by_hand(note, now)


@pytest.mark.parametrize(
    "change",
    [
        {"credited_minor": 100},
        {"status": "CREDITED"},
        {"status": "CREDIT"},
        {"kind": "CREDIT_NOTE"},
        {"reason": "x"},
        {"corrects": None, "status": "ISSUED", "kind": "INVOICE", "number": "1"},
    ],
)
def test_neither_invoice_nor_credit_note_is_changed_by_sql(
    sold: Invoice, credit: Credit, change: dict[str, Any]
) -> None:
    line = sold.lines.first()
    assert line is not None
    note = credit(sold, WishedCredit(line_id=line.pk, quantity=Decimal(1)))
    for document in (sold, note):
        if all(getattr(document, name) == value for name, value in change.items()):
            continue
        with pytest.raises(DatabaseError, match=r"neither changes|sum of the credit|invoice_"), transaction.atomic():
            Invoice.objects.filter(pk=document.pk).update(**change)


@pytest.mark.parametrize(
    "change", [{"credited_minor": 0}, {"appointment": None}, {"corrects_line": None}, {"is_reduction": True}]
)
def test_lines_of_both_stay_as_they_are(sold: Invoice, credit: Credit, change: dict[str, Any]) -> None:
    line = sold.lines.first()
    assert line is not None
    note = credit(sold, WishedCredit(line_id=line.pk, quantity=Decimal(1)))
    for document in (sold, note):
        with pytest.raises(DatabaseError, match=r"neither change nor go|sum of the credit"), transaction.atomic():
            document.lines.update(**change)
        with pytest.raises(DatabaseError, match="neither change nor go"), transaction.atomic():
            document.lines.all()._raw_delete("default")
        with pytest.raises(DatabaseError, match=r"neither changes nor goes|foreign key"), transaction.atomic():
            Invoice.objects.filter(pk=document.pk)._raw_delete("default")
