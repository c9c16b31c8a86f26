"""Take an electronic invoice forward: sent, accepted or refused, archived."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.billing.domain.e_invoices import State, may_become
from modules.billing.einvoices import CHANNELS
from modules.billing.models import LONGEST_REJECTION, EInvoice
from modules.billing.services.e_invoicing.making import file_of


class NotItsTurn(Conflict):
    """It is sent once, answered once, and archived when it was accepted."""

    code = "e-invoice-not-its-turn"


class RejectionNeedsReason(Invalid):
    code = "e-invoice-reason-needed"


@transaction.atomic
def deliver_e_invoice(*, e_invoice_id: UUID, at: datetime) -> None:
    """Have the channel bring a file away, and write down what it says. Asked again, it does nothing."""
    row = lock_row(EInvoice.objects.for_display(), e_invoice_id, no_key=True)
    if row.state != State.MADE:
        return
    receipt = CHANNELS[row.carrier].send(file_of(row), at=at)
    if receipt is None:
        return
    row = mark_sent(e_invoice=row, reference=receipt.reference, by=None, at=at)
    if receipt.is_accepted is not None:
        mark_answered(e_invoice=row, is_accepted=receipt.is_accepted, reason=receipt.reason, by=None, at=at)


@transaction.atomic
def mark_sent(*, e_invoice: EInvoice, by: Any, at: datetime, reference: str = "") -> EInvoice:
    """Write down that a file was sent, and under which reference. Raises `NotItsTurn`."""
    return _move(e_invoice, State.SENT, by=by, sent_at=at, reference=reference.strip()[:60])


@transaction.atomic
def mark_answered(*, e_invoice: EInvoice, is_accepted: bool, by: Any, at: datetime, reason: str = "") -> EInvoice:
    """Write down that a file was accepted, or refused and why. Raises `NotItsTurn` or `RejectionNeedsReason`."""
    if is_accepted:
        return _move(e_invoice, State.ACCEPTED, by=by, answered_at=at)
    if not reason.strip():
        sentence = _("Say why it was refused.")
        raise RejectionNeedsReason(sentence, fields={"reason": [sentence]})
    return _move(e_invoice, State.REJECTED, by=by, answered_at=at, reason=reason.strip()[:LONGEST_REJECTION])


@transaction.atomic
def archive_accepted(*, at: datetime) -> int:
    """Archive what was accepted: its file is there, and is the one that was made. Return how many that was.

    One whose file is another stays accepted and is logged; nobody is told that it is archived.
    """
    rows = EInvoice.objects.filter(state=State.ACCEPTED).select_for_update(no_key=True, of=("self",))
    archived = 0
    for row in rows.select_related("file").order_by("pk"):
        if hashlib.sha256(file_of(row).content).hexdigest() == row.digest:
            _move(row, State.ARCHIVED, by=None, archived_at=at)
            archived += 1
        else:
            audit.record(action="billing.einvoice.differs", of=row, by=None)
    return archived


def _move(e_invoice: EInvoice, state: State, *, by: Any, **columns: Any) -> EInvoice:
    row = lock_row(EInvoice.objects.for_display(), e_invoice.pk, no_key=True)
    if not may_become(State(row.state), state):
        raise NotItsTurn(_("This electronic invoice is: %(state)s.") % {"state": row.get_state_display()})
    changes = {"state": (row.state, state.value)}
    if columns.get("reason"):
        changes["reason"] = ("", columns["reason"])
    row.state = state.value
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *columns])
    audit.record(action=f"billing.einvoice.{state.value.lower()}", of=row, by=by, changes=changes)
    return row
