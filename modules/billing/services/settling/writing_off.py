"""Give up what nobody will pay any more, and ask for it after all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.models import Invoice, WriteOff
from modules.billing.services.ledger import enter_write_off
from modules.billing.services.settling.moving_on import (
    NothingToSettle,
    check_reason,
    lock_invoices,
    move_on,
    refused,
    signed_by,
)
from tenancy import current_tenant


@transaction.atomic
def write_off(*, invoice: Invoice, reason: str, by: Any, at: datetime, amount: Money | None = None) -> WriteOff:
    """Give up so much of what is owed on an invoice; without an amount, all of it.

    It is not a credit note: the invoice and its tax stay as they were issued. Raises `ReasonNeeded`, `NothingToSettle`
    or `NotSettled`.
    """
    check_reason(reason)
    locked = lock_invoices([invoice])[invoice.pk]
    if not locked.is_payable:
        raise NothingToSettle(_("Nothing is to be paid on %(number)s.") % {"number": locked.title})
    size = _checked(locked.to_pay, amount)
    return _write(locked, size.minor, reason=reason, by=by, at=at, action="billing.invoice.written_off")


@transaction.atomic
def take_back_write_off(
    *, invoice: Invoice, reason: str, by: Any, at: datetime, amount: Money | None = None
) -> WriteOff:
    """Ask for what was given up after all. Raises `ReasonNeeded`, `NothingToSettle` or `NotSettled`."""
    check_reason(reason)
    locked = lock_invoices([invoice])[invoice.pk]
    if not locked.written_off:
        raise NothingToSettle(_("Nothing of %(number)s was written off.") % {"number": locked.title})
    size = _checked(locked.written_off, amount)
    return _write(locked, -size.minor, reason=reason, by=by, at=at, action="billing.invoice.owed_again")


def make_room_for_credit(*, invoice: Invoice, credited: int, reason: str, by: Any, at: datetime) -> None:
    """Take back what was written off of a locked invoice, as far as a credit note over so many minor units needs it."""
    too_much = invoice.credited_minor + credited + invoice.written_off_minor - invoice.gross_minor
    if too_much > 0:
        _write(invoice, -too_much, reason=reason, by=by, at=at, action="billing.invoice.owed_again")


def _write(locked: Invoice, minor: int, *, reason: str, by: Any, at: datetime, action: str) -> WriteOff:
    row = WriteOff.objects.create(
        invoice=locked,
        amount_minor=minor,
        currency=locked.currency,
        reason=reason.strip(),
        at=at,
        **signed_by(by),
    )
    enter_write_off(write_off=row, balance=locked.balance_minor)
    move_on(locked, action=action, by=by, write_off_id=row.pk, reason=row.reason)
    return row


def _checked(most: Money, amount: Money | None) -> Money:
    if amount is None:
        return most
    if amount.currency != most.currency or not 0 < amount.minor <= most.minor:
        raise refused(field="amount", sentence=_("At most %(most)s.") % {"most": most.shown(current_tenant().language)})
    return amount
