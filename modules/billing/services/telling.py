"""Which mails an invoice causes. What they say is in messages.py, at the time they are sent."""

from __future__ import annotations

from datetime import datetime

from modules.billing.models import Invoice, Payment
from notify.sending import send

COMPOSERS = "modules.billing.messages"


def about_invoice(*, invoice: Invoice, at: datetime) -> None:
    send(
        cause=f"billing.issued:{invoice.pk}",
        composer=f"{COMPOSERS}.compose_invoice",
        about={"invoice_id": str(invoice.pk)},
        at=at,
    )


def about_invoice_again(*, invoice: Invoice, at: datetime) -> None:
    """Send the invoice as it now stands; asked twice within a minute, it goes out once."""
    send(
        cause=f"billing.sent-again:{invoice.pk}:{at:%Y%m%dT%H%M}",
        composer=f"{COMPOSERS}.compose_invoice",
        about={"invoice_id": str(invoice.pk)},
        at=at,
    )


def about_payment(*, payment: Payment, at: datetime) -> None:
    send(
        cause=f"billing.received:{payment.pk}",
        composer=f"{COMPOSERS}.compose_receipt",
        about={"payment_id": str(payment.pk)},
        at=at,
    )
