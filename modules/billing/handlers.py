"""Reactions to what others tell, and to what billing itself does: each is a job of its own, with its own retries."""

from __future__ import annotations

from django.utils import timezone

from jobs.outbox import later
from modules.billing import services, tasks
from modules.billing.events import (
    BalanceChanged,
    DepositClosed,
    EInvoiceMade,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    RefundAsked,
)
from modules.crm import public as crm
from modules.crm.events import NoteSigned
from modules.scheduling.events import AppointmentCancelled, AppointmentCompleted, AppointmentLapsed
from webhooks.events import StripeObjectChanged


def draft_invoice(event: AppointmentCompleted) -> None:
    services.draft_after_visit(appointment_id=event.appointment_id, at=timezone.now())


def bill_what_was_done(event: NoteSigned) -> None:
    """The draft followed each change already; this finds what changed while somebody else drew it up."""
    appointment_id = crm.visit_of_note(event.note_id)
    if appointment_id is not None:
        services.bring_up_to_date(appointment_id=appointment_id, by=None, at=timezone.now())


def make_document(event: InvoiceIssued) -> None:
    services.make_document(invoice_id=event.invoice_id, at=timezone.now())


def make_e_invoices(event: InvoiceIssued) -> None:
    services.make_e_invoices(invoice_id=event.invoice_id, at=timezone.now())


def deliver_e_invoice(event: EInvoiceMade) -> None:
    services.deliver_e_invoice(e_invoice_id=event.e_invoice_id, at=timezone.now())


def close_deposit(event: AppointmentCancelled | AppointmentLapsed) -> None:
    services.close_unpaid(appointment_id=event.appointment_id, at=timezone.now())


def close_outdated_checkouts(event: BalanceChanged | PaymentReceived | DepositClosed | InvoiceCredited) -> None:
    services.close_outdated_checkouts(invoice_id=event.invoice_id, at=timezone.now())


def ask_for_refund(event: RefundAsked) -> None:
    """The gateway is asked outside of any transaction, so by a job of its own."""
    later(tasks.send_refund, refund_id=str(event.refund_id))


def hear_stripe(event: StripeObjectChanged) -> None:
    if event.type.startswith("checkout.session."):
        services.settle_checkout(session_id=event.object_id, at=timezone.now())
    elif event.type.startswith("refund."):
        services.settle_refund(reference=event.object_id, at=timezone.now())
    elif event.type == "account.updated":
        services.refresh_account()
