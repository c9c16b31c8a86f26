"""Write down one sum of money that pays several invoices of a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, Payment
from modules.billing.services.paying import record_payment
from modules.billing.services.settling.moving_on import lock_invoices, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So much of the sum is for this invoice."""

    invoice: Invoice
    amount: Money


@transaction.atomic
def receive(
    *,
    shares: Sequence[Share],
    method: Method,
    by: Any,
    at: datetime,
    reference: str = "",
    beyond: Money | None = None,
    till_session_id: UUID | None = None,
) -> list[Payment]:
    """Write down one sum for several invoices of one client, all of it or nothing. Return a payment for each.

    What came by bank `beyond` all of them is kept with the last, which it pays as a whole: the client has the credit.

    Raises `NotSettled`, and what `record_payment` raises.
    """
    if not shares or len({share.invoice.pk for share in shares}) != len(shares):
        raise refused(field="shares", sentence=_("Choose invoices, each of them once."))
    locked = lock_invoices(share.invoice for share in shares)
    if len({invoice.client_id for invoice in locked.values()}) > 1:
        raise refused(field="shares", sentence=_("One sum pays the invoices of one client."))
    last = shares[-1]
    if beyond and last.amount != locked[last.invoice.pk].to_pay:
        raise refused(field="shares", sentence=_("Pay what is owed first: the rest is credit."))
    receipt = new_id()
    return [
        record_payment(
            invoice=locked[share.invoice.pk],
            amount=share.amount + beyond if beyond and share is last else share.amount,
            beyond=bool(beyond) and share is last,
            method=method,
            by=by,
            at=at,
            reference=reference,
            receipt=receipt,
            till_session_id=till_session_id,
        )
        for share in shares
    ]
