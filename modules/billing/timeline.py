"""What billing tells in a patient's record."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.states import Method, Status
from modules.billing.models import METHOD_LABELS, STATUS_LABELS, Invoice, Payment
from modules.crm.public import Asked, Badge, TimelineEntry, TimelineKind, TimelineKinds, stretch_of

TONES = {Status.PAID: "good", Status.OVERDUE: "bad", Status.ISSUED: "warn", Status.PARTIAL: "warn"}


def _badges(invoice: Invoice) -> list[Badge]:
    status = Status(invoice.status)
    return [] if invoice.is_credit_note else [Badge(STATUS_LABELS[status], TONES.get(status, ""))]


def _invoices(asked: Asked) -> Iterator[TimelineEntry]:
    """Those that were issued; a draft is nothing that has happened."""
    rows = Invoice.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id, issued_at__isnull=False)
    for invoice in stretch_of(rows, "issued_at", asked):
        yield TimelineEntry(
            kind="invoice",
            at=invoice.issued_at,
            key=invoice.pk,
            title=_("Credit note") if invoice.is_credit_note else _("Invoice"),
            icon="undo-2" if invoice.is_credit_note else "receipt",
            detail=invoice.number,
            amount=invoice.gross,
            badges=_badges(invoice),
            url=reverse("billing:invoice", args=[invoice.pk]),
        )


def _payments(asked: Asked) -> Iterator[TimelineEntry]:
    rows = Payment.objects.visible_to(asked.seen_by).filter(invoice__patient=asked.patient_id)
    for payment in stretch_of(rows.select_related("invoice"), "received_at", asked):
        yield TimelineEntry(
            kind="payment",
            at=payment.received_at,
            key=payment.pk,
            title=_("Payment"),
            icon="wallet",
            who=payment.by_name,
            detail=str(METHOD_LABELS[Method(payment.method)]),
            amount=payment.amount,
            url=reverse("billing:invoice", args=[payment.invoice_id]),
        )


KINDS: TimelineKinds = {
    "invoice": TimelineKind(_("Invoices"), "billing.view_invoice", _invoices),
    "payment": TimelineKind(_("Payments"), "billing.view_payment", _payments),
}
