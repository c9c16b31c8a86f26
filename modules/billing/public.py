"""What other modules may ask of the billing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from kernel.money import Money
from modules.billing.models import Invoice
from modules.billing.services.packages import drawing
from modules.scheduling.public import Packages

PACKAGES: Packages = drawing  # for the passport: what the calendar asks about packages


@dataclass(frozen=True, slots=True)
class InvoiceCard:
    """An invoice in a line: a draft has no number, and nothing is owed on it yet."""

    id: UUID
    number: str | None
    status: str
    total: Money
    to_pay: Money
    due_date: date | None


def invoice_of_visit(appointment_id: UUID, *, seen_by: Any) -> InvoiceCard | None:
    """Return the invoice that a visit is on, if that user may see it."""
    invoice = Invoice.objects.visible_to(seen_by).filter(lines__appointment_id=appointment_id).first()
    return _card(invoice) if invoice else None


def invoices_of_patient(patient_id: UUID, *, seen_by: Any) -> list[InvoiceCard]:
    """Return what was billed about a patient, newest first, as far as that user may see it."""
    return [_card(row) for row in Invoice.objects.visible_to(seen_by).filter(patient_id=patient_id).newest_first()]


def _card(invoice: Invoice) -> InvoiceCard:
    return InvoiceCard(
        id=invoice.pk,
        number=invoice.number,
        status=invoice.status,
        total=invoice.gross,
        to_pay=invoice.to_pay if invoice.is_payable else Money.zero(invoice.currency),
        due_date=invoice.due_date,
    )
