"""Which mails an invoice or a package causes. What they say is in messages.py, at the time they are sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from modules.billing.domain.reports import Days
from modules.billing.models import Invoice, PackagePurchase, Payment, Refund, Reminder
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


def about_overdue(*, reminder: Reminder, at: datetime) -> None:
    send(
        cause=f"billing.overdue:{reminder.pk}",
        composer=f"{COMPOSERS}.compose_overdue",
        about={"reminder_id": str(reminder.pk)},
        at=at,
    )


def about_refund(*, refund: Refund, at: datetime) -> None:
    send(
        cause=f"billing.paid-back:{refund.pk}",
        composer=f"{COMPOSERS}.compose_refund",
        about={"refund_id": str(refund.pk)},
        at=at,
    )


def about_payment(*, payment: Payment, at: datetime) -> None:
    send(
        cause=f"billing.received:{payment.pk}",
        composer=f"{COMPOSERS}.compose_receipt",
        about={"payment_id": str(payment.pk)},
        at=at,
    )


def about_receipt(*, payment: Payment, at: datetime) -> None:
    """Send the receipt of a payment on paper; asked twice within a minute, it goes out once."""
    send(
        cause=f"billing.receipt:{payment.pk}:{at:%Y%m%dT%H%M}",
        composer=f"{COMPOSERS}.compose_receipt",
        about={"payment_id": str(payment.pk), "has_paper": True},
        at=at,
    )


def about_expiry(*, purchase: PackagePurchase, at: datetime) -> None:
    """Say that a package expires; of one whose last day has moved since, anew."""
    last_day = purchase.expires_on.isoformat()
    send(
        cause=f"billing.package_expires:{purchase.pk}:{last_day}",
        composer=f"{COMPOSERS}.compose_expiry",
        about={"purchase_id": str(purchase.pk), "last_day": last_day},
        at=at,
    )


def about_statement(*, client_id: UUID, days: Days, at: datetime) -> None:
    """Send a client's statement of these days; asked twice within a minute, it goes out once."""
    about = {"client_id": str(client_id), "since": days.since.isoformat(), "until": days.until.isoformat()}
    send(
        cause=f"billing.statement:{':'.join(about.values())}:{at:%Y%m%dT%H%M}",
        composer=f"{COMPOSERS}.compose_statement",
        about=about,
        at=at,
    )
