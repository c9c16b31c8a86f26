"""What the billing tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice has its number and will not change any more."""

    invoice_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCredited(Event):
    """A credit note corrects an invoice: less is to be paid on it, or nothing."""

    invoice_id: UUID
    credit_note_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositClosed(Event):
    """A deposit is no longer to be paid: it was waived, or its visit is not to be."""

    invoice_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Event):
    invoice_id: UUID
    payment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaid(Event):
    """Nothing is left to pay on it."""

    invoice_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChanged(Event):
    """Something else than a payment or a credit note changed what is owed on an invoice."""

    invoice_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked(Event):
    """Money goes back at the gateway, which has to be asked for it."""

    refund_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EInvoiceMade(Event):
    """There is a file to be brought to whoever takes it."""

    e_invoice_id: UUID
