"""Take a sale back in one go: credit it, put its goods back, call its packages off and give the money back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.money import Money
from modules.billing.models import Invoice, InvoiceLine, PackagePurchase, Refund
from modules.billing.services.correcting import WishedCredit, credit_invoice
from modules.billing.services.settling.refunding import pay_back, the_way_it_came


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwound:
    """What was done, or would be: all of it in one transaction."""

    credit_note: Invoice
    lines: list[InvoiceLine]  # of the credit note
    restocked: list[InvoiceLine]  # those that went back on the shelf
    called_off: list[PackagePurchase]
    refunds: list[Refund]
    credit_left: Money  # what the client then has paid too much, and did not get back
    to_pay: Money


@transaction.atomic
def unwind(
    *,
    invoice: Invoice,
    wished: Sequence[WishedCredit],
    reason: str,
    give_back: bool,
    by: Any,
    at: datetime,
    till_session_id: UUID | None = None,
) -> Unwound:
    """Credit an invoice, and give what is then paid too much back the way it came, if that is wished.

    Raises what `credit_invoice` and `pay_back` raise, and then nothing has happened.
    """
    credit_note = credit_invoice(invoice=invoice, wished=wished, reason=reason, by=by, at=at)
    after = Invoice.objects.get(pk=invoice.pk)
    back = the_way_it_came(after) if give_back else []
    refunds = (
        pay_back(invoice=after, wished=back, reason=reason, by=by, at=at, till_session_id=till_session_id)
        if back
        else []
    )
    lines = list(credit_note.lines.all())
    after.refresh_from_db()
    return Unwound(
        credit_note=credit_note,
        lines=lines,
        restocked=[line for line in lines if line.item_id],
        called_off=list(PackagePurchase.objects.filter(line__invoice=invoice, ended_at=at)),
        refunds=refunds,
        credit_left=after.overpaid,
        to_pay=after.to_pay,
    )


def preview(**wish: Any) -> Unwound:
    """Return what `unwind` would do, and do nothing. It is done and rolled back, so it says exactly what would be."""
    with transaction.atomic():
        unwound = unwind(**wish)
        transaction.set_rollback(True)
    return unwound
