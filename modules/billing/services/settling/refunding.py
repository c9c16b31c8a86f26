"""Give money back: what was paid too much, by the ways on which it came; or a payment that was none.

What goes back at the gateway is asked for by a job after the commit, under a key that was kept with the refund. It
counts from here on, so that nobody has it twice; if the gateway refuses, it is counted back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from kernel.events import publish
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.events import RefundAsked
from modules.billing.models import CreditUse, Invoice, Payment, Refund, RefundKind, RefundState
from modules.billing.services import telling
from modules.billing.services.ledger import enter_refund
from modules.billing.services.settling.moving_on import (
    NothingToSettle,
    check_reason,
    lock_invoices,
    move_on,
    refused,
    signed_by,
)
from modules.billing.services.tills.taking import pass_through
from tenancy import current_tenant

AT_THE_DESK = frozenset({Method.CASH, Method.CARD, Method.BANK_TRANSFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """So much can go back on the way on which a payment came."""

    payment: Payment
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedRefund:
    """So much goes back by this way; of which payment, if it is one's. At the gateway it always is."""

    amount: Money
    method: Method
    payment_id: UUID | None = None


def ways_back(invoice: Invoice) -> list[WayBack]:
    """Return how what was paid too much on an invoice can go back the way it came, the latest payment first.

    Credit of other invoices that was used for this one leads to their payments.
    """
    left, found = invoice.overpaid, []
    for payment in _payments_behind(invoice):
        amount = min(_not_given_back(payment), left)
        if amount:
            found.append(WayBack(payment=payment, amount=amount))
            left = left - amount
    return found


def the_way_it_came(invoice: Invoice) -> list[WishedRefund]:
    """Return the parts in which all that was paid too much goes back on the ways on which it came."""
    return [
        WishedRefund(amount=way.amount, method=Method(way.payment.method), payment_id=way.payment.pk)
        for way in ways_back(invoice)
    ]


@transaction.atomic
def pay_back(
    *,
    invoice: Invoice,
    wished: Sequence[WishedRefund],
    reason: str,
    by: Any,
    at: datetime,
    till_session_id: UUID | None = None,
) -> list[Refund]:
    """Give back what was paid too much on an invoice, or a part of it, in these parts. All of them, or none.

    What goes back in cash comes out of the till that is named.
    Raises `ReasonNeeded`, `NothingToSettle` or `NotSettled`, and what `pass_through` raises.
    """
    check_reason(reason)
    locked = lock_invoices([invoice])[invoice.pk]
    if not locked.overpaid:
        raise NothingToSettle(_("Nothing was paid too much on %(number)s.") % {"number": locked.title})
    total = sum((each.amount.minor for each in wished), 0)
    if not wished or total > locked.overpaid.minor:
        words = {"most": locked.overpaid.shown(current_tenant().language)}
        raise refused(field="parts", sentence=_("At most %(most)s can be paid back.") % words)
    behind = {payment.pk: payment for payment in _payments_behind(locked)}
    return [
        _write(
            locked,
            _checked(wish, locked, behind, at=f"parts.{number}"),
            wish,
            reason=reason,
            by=by,
            at=at,
            till_session_id=till_session_id,
        )
        for number, wish in enumerate(wished)
    ]


@transaction.atomic
def take_back_payment(
    *, payment: Payment, reason: str, by: Any, at: datetime, till_session_id: UUID | None = None
) -> Refund:
    """Take back a payment that was written down by mistake or did not arrive: so much is owed again.

    One in cash is less in the till that is named: it went through that, or was found to be missing there.

    Raises `ReasonNeeded`, or `NothingToSettle` if it went back already, came by the gateway or is a deposit's.
    """
    check_reason(reason)
    locked = lock_invoices([payment.invoice])[payment.invoice_id]
    left = _not_given_back(payment)
    if payment.method == Method.STRIPE or locked.is_deposit:
        raise NothingToSettle(_("A payment online or of a deposit is paid back, not taken back."))
    if not left or left > locked.paid:
        raise NothingToSettle(_("This payment was given back, or is used for another invoice."))
    if payment.bank_matches.filter(undone_at=None).exists():
        raise NothingToSettle(_("The bank's statement has this payment. Undo it there, and it is owed again."))
    wish = WishedRefund(amount=left, method=Method(payment.method), payment_id=payment.pk)
    return _write(
        locked,
        payment,
        wish,
        reason=reason,
        by=by,
        at=at,
        kind=RefundKind.TAKEN_BACK,
        till_session_id=till_session_id,
    )


def _write(
    locked: Invoice,
    payment: Payment | None,
    wish: WishedRefund,
    *,
    reason: str,
    by: Any,
    at: datetime,
    kind: RefundKind = RefundKind.PAID_BACK,
    till_session_id: UUID | None = None,
) -> Refund:
    session = pass_through(session_id=till_session_id, method=wish.method, currency=wish.amount.currency)
    refund_id, is_online = new_id(), wish.method is Method.STRIPE
    refund = Refund.objects.create(
        id=refund_id,
        invoice=locked,
        payment=payment,
        kind=kind,
        method=wish.method.value,
        amount_minor=wish.amount.minor,
        currency=wish.amount.currency,
        reason=reason.strip(),
        till_session=session,
        state=RefundState.ASKED if is_online else RefundState.DONE,
        idempotency_key=f"refund:{refund_id}" if is_online else "",
        at=at,
        finished_at=None if is_online else at,
        **signed_by(by),
    )
    enter_refund(refund=refund, balance=locked.balance_minor)
    action = "billing.payment.taken_back" if kind is RefundKind.TAKEN_BACK else "billing.payment.paid_back"
    move_on(locked, action=action, by=by, refund_id=refund.pk, amount_minor=refund.amount_minor, reason=refund.reason)
    if is_online:
        publish(RefundAsked(refund_id=refund.pk))
    elif kind is RefundKind.PAID_BACK:
        telling.about_refund(refund=refund, at=at)
    return refund


def _checked(wish: WishedRefund, invoice: Invoice, behind: dict[UUID, Payment], *, at: str) -> Payment | None:
    """Return the payment that a part is of. What an earlier part took of it is in the database by now."""
    if wish.amount.currency != invoice.currency or wish.amount.minor <= 0:
        raise refused(
            field=f"{at}.amount", sentence=_("More than nothing, in %(currency)s.") % {"currency": invoice.currency}
        )
    if wish.payment_id is None:
        if wish.method not in AT_THE_DESK:
            raise refused(field=f"{at}.method", sentence=_("Online goes back what came online."))
        return None
    payment = behind.get(wish.payment_id)
    if payment is None or (wish.method is Method.STRIPE and payment.method != Method.STRIPE):
        raise refused(field=f"{at}.payment_id", sentence=_("This is no payment that it could be of."))
    if wish.amount > _not_given_back(payment):
        words = {"most": _not_given_back(payment).shown(current_tenant().language)}
        raise refused(field=f"{at}.amount", sentence=_("At most %(most)s of this payment are left.") % words)
    return payment


def _payments_behind(invoice: Invoice) -> Iterator[Payment]:
    """Yield the payments on an invoice and on those whose credit was used for it, its own and the latest first."""
    seen: set[UUID] = set()
    ids = [invoice.pk]
    while ids:
        seen.update(ids)
        yield from Payment.objects.filter(invoice__in=ids).order_by("-received_at", "-pk")
        used = CreditUse.objects.filter(target__in=ids).exclude(source__in=seen)
        ids = list(used.values_list("source", flat=True).distinct())


def _not_given_back(payment: Payment) -> Money:
    given = payment.refunds.filter(~Q(state=RefundState.FAILED)).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return payment.amount - Money(given, payment.currency)
