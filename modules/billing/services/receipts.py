"""Receipts and refund slips on paper: made anew for whoever asks, and sent by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.documents.receipt import receipt_pdf
from modules.billing.models import Payment, Refund
from modules.billing.selectors.receipts import Receipt, receipt_of, slip_of
from modules.billing.services import telling
from modules.billing.services.links import NoAddress
from tenancy import current_tenant


class ReceiptIsNone(Conflict):
    """The payment was taken back, or the money has not gone back: there is nothing to confirm."""

    code = "receipt-of-nothing"


def receipt_on_paper(*, of: Payment | Refund, seen_by: Any = None) -> bytes:
    """Return the receipt of a payment or the slip of a refund as a PDF, in the practice's language."""
    with translation.override(current_tenant().language):
        return receipt_pdf(shown_receipt(of=of, seen_by=seen_by))


def shown_receipt(*, of: Payment | Refund, seen_by: Any = None) -> Receipt:
    return receipt_of(of, seen_by=seen_by) if isinstance(of, Payment) else slip_of(of)


@transaction.atomic
def send_receipt(*, payment: Payment, by: Any, at: datetime) -> None:
    """Mail the receipt of a payment as a PDF. Raises `ReceiptIsNone` or `NoAddress`."""
    if receipt_of(payment).is_taken_back:
        raise ReceiptIsNone(_("This payment was taken back. There is nothing to send a receipt of."))
    email = payment.invoice.client.email
    if not email:
        raise NoAddress(_("There is no e-mail address to send it to. Write one into the record first."))
    telling.about_receipt(payment=payment, at=at)
    changes = {"to": (None, email), "payment_id": (None, payment.pk)}
    audit.record(action="billing.invoice.receipt_sent", of=payment.invoice, by=by, changes=changes)
