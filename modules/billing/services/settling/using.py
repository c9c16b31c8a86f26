"""Pay an invoice with what was paid too much on another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.models import CreditUse, Invoice
from modules.billing.services.ledger import enter_credit_given, enter_credit_taken
from modules.billing.services.settling.moving_on import NothingToSettle, lock_invoices, move_on, refused, signed_by
from tenancy import current_tenant


@transaction.atomic
def use_credit(*, source: Invoice, target: Invoice, by: Any, at: datetime, amount: Money | None = None) -> CreditUse:
    """Use credit of one invoice for another of the same client; without an amount, as much as can be.

    Raises `NothingToSettle` or `NotSettled`.
    """
    locked = lock_invoices([source, target])
    given, taken = locked[source.pk], locked[target.pk]
    amount = _checked(given, taken, amount)
    use = CreditUse.objects.create(
        source=given,
        target=taken,
        amount_minor=amount.minor,
        currency=amount.currency,
        at=at,
        **signed_by(by),
    )
    enter_credit_given(use=use, balance=given.balance_minor)
    enter_credit_taken(use=use, balance=taken.balance_minor)
    move_on(given, action="billing.credit.given", by=by, credit_use_id=use.pk, amount_minor=amount.minor)
    move_on(taken, action="billing.credit.used", by=by, credit_use_id=use.pk, amount_minor=amount.minor)
    return use


def _checked(given: Invoice, taken: Invoice, amount: Money | None) -> Money:
    if given.pk == taken.pk or given.client_id != taken.client_id or given.currency != taken.currency:
        raise refused(
            field="target_id",
            sentence=_("Credit is used for another invoice of the same client, in the same currency."),
        )
    if not taken.is_payable:
        raise NothingToSettle(_("Nothing is to be paid on %(number)s.") % {"number": taken.title})
    most = min(given.overpaid, taken.to_pay)
    if not most:
        raise NothingToSettle(_("There is no credit on %(number)s any more.") % {"number": given.title})
    if amount is None:
        return most
    if amount.currency != given.currency or not 0 < amount.minor <= most.minor:
        words = {"most": most.shown(current_tenant().language)}
        raise refused(field="amount", sentence=_("At most %(most)s can be used for it.") % words)
    return amount
