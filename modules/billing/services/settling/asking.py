"""Ask the gateway to give money back, and take over how far that has come.

The gateway is asked outside of any transaction, under a key that was committed with the refund: asked again, by a retry
or after a worker died between its answer and our commit, it gives its first answer. What it says is applied under the
invoice's lock and only ever takes the refund forward. What was given back at the gateway itself is written down, too.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kernel.ids import new_id
from modules.billing.domain.states import Method
from modules.billing.gateways import gateway
from modules.billing.gateways.port import GatewayRefused, RefundAnswer, RefundOrder, UnknownAtGateway
from modules.billing.models import GatewayAccount, Invoice, Payment, Refund, RefundKind, RefundState
from modules.billing.services import telling
from modules.billing.services.checkout import settle_payment
from modules.billing.services.ledger import enter_refund, enter_refund_back
from modules.billing.services.settling.moving_on import lock_invoices, move_on, signed_by

logger = logging.getLogger(__name__)

KEY_LASTS = timedelta(hours=23)  # Stripe forgets idempotency keys after a day
LOOK_AFTER = timedelta(minutes=2)


def send_refund(*, refund_id: UUID, at: datetime) -> None:
    """Have the gateway give a refund's money back. Must not be called inside a transaction. Safe to repeat."""
    refund = Refund.objects.select_related("payment").filter(pk=refund_id, state=RefundState.ASKED).first()
    account = GatewayAccount.objects.first()
    if refund is None or refund.payment is None or account is None:
        return
    known = _known_there(refund, account, at=at)
    try:
        answer = known or _asked(refund, account)
    except GatewayRefused:
        logger.warning("The gateway refused refund %s.", refund.pk)
        _fail(refund, at=at)
    else:
        apply_answer(answer=answer, at=at)


def settle_refund(*, reference: str, at: datetime) -> None:
    """Ask the gateway how a refund stands, and take over what it says. Safe to repeat, in any order."""
    account = GatewayAccount.objects.first()
    if account is None or not account.account_id:
        return
    try:
        answer = gateway().look_up_refund(account_id=account.account_id, refund_reference=reference)
    except UnknownAtGateway:
        logger.warning("There is no refund %s at the gateway.", reference)
        return
    take_over_refund(answer=answer, at=at)


def take_over_refund(*, answer: RefundAnswer, at: datetime) -> None:
    """Take over what the gateway says of a refund, and before that of its payment: its news may come later."""
    if not Payment.objects.filter(gateway_reference=answer.payment_reference).exists():
        settle_payment(payment_reference=answer.payment_reference, at=at)
    apply_answer(answer=answer, at=at)


def reconcile_refunds(*, at: datetime) -> int:
    """Ask about every refund that is on its way for a while. Return how many. Must not be called in a transaction."""
    waiting = Refund.objects.filter(state=RefundState.ASKED, at__lt=at - LOOK_AFTER).order_by("at")
    for refund in waiting:
        send_refund(refund_id=refund.pk, at=at)
    return len(waiting)


@transaction.atomic
def apply_answer(*, answer: RefundAnswer, at: datetime) -> None:
    """Take a refund forward to where the gateway says it stands; write it down if it was asked for elsewhere."""
    found = Refund.objects.select_related("invoice").filter(_is_ours(answer)).first()
    if found is None:
        _write_what_went_back_elsewhere(answer, at=at)
        return
    invoice = lock_invoices([found.invoice])[found.invoice_id]
    refund = Refund.objects.select_for_update(no_key=True).get(pk=found.pk)
    news = _news(refund, answer)
    if news is None:
        return
    refund.gateway_reference = answer.refund_reference
    if news is RefundState.FAILED:
        _come_back(refund, invoice, at=at)
        return
    refund.state, refund.finished_at = news, at if news is RefundState.DONE else None
    refund.save(update_fields=["state", "finished_at", "gateway_reference"])
    move_on(invoice, action=f"billing.refund.{news.lower()}", by=None, refund_id=refund.pk)
    if news is RefundState.DONE:
        telling.about_refund(refund=refund, at=at)


def _news(refund: Refund, answer: RefundAnswer) -> RefundState | None:
    """Return what a refund is now, by an answer that says something new; None for what is known, or older."""
    if refund.state == RefundState.FAILED:
        return None
    if answer.is_failed:
        return RefundState.FAILED
    if refund.state == RefundState.DONE:
        return None
    if answer.is_done:
        return RefundState.DONE
    return None if refund.gateway_reference else RefundState.ASKED


def _known_there(refund: Refund, account: GatewayAccount, *, at: datetime) -> RefundAnswer | None:
    """Return what the gateway knows of a refund already: by its own id, or once the key may be forgotten, by ours."""
    if refund.gateway_reference:
        reference = refund.gateway_reference
        return gateway().look_up_refund(account_id=account.account_id, refund_reference=reference)
    if refund.payment is None or at < refund.at + KEY_LASTS:
        return None  # the key brings back what was answered
    there = gateway().refunds_of(account_id=account.account_id, payment_reference=refund.payment.gateway_reference)
    return next((each for each in there if each.reference == str(refund.pk)), None)


def _asked(refund: Refund, account: GatewayAccount) -> RefundAnswer:
    order = RefundOrder(
        reference=str(refund.pk),
        payment_reference=refund.payment.gateway_reference if refund.payment else "",
        amount=refund.amount,
    )
    return gateway().refund(account_id=account.account_id, order=order, idempotency_key=refund.idempotency_key)


@transaction.atomic
def _fail(found: Refund, *, at: datetime) -> None:
    invoice = lock_invoices([found.invoice])[found.invoice_id]
    refund = Refund.objects.select_for_update(no_key=True).get(pk=found.pk)
    if refund.state == RefundState.ASKED:  # nobody has heard a better answer meanwhile
        _come_back(refund, invoice, at=at)


def _come_back(refund: Refund, invoice: Invoice, *, at: datetime) -> None:
    """Count a locked refund back, on its locked invoice: the money is there."""
    refund.state, refund.finished_at = RefundState.FAILED, at
    refund.save(update_fields=["state", "finished_at", "gateway_reference"])
    enter_refund_back(refund=refund, balance=invoice.balance_minor)
    move_on(invoice, action="billing.refund.failed", by=None, refund_id=refund.pk)


def _is_ours(answer: RefundAnswer) -> Q:
    """Find ours by the gateway's id, or by ours that came back: the answer with theirs may have been lost."""
    ours = Q(gateway_reference=answer.refund_reference)
    try:
        return ours | Q(pk=UUID(answer.reference))
    except ValueError:  # not asked for by us
        return ours


def _write_what_went_back_elsewhere(answer: RefundAnswer, *, at: datetime) -> None:
    """Write down what was given back at the gateway itself. Beyond what was too much, that much is owed again."""
    payment = Payment.objects.filter(gateway_reference=answer.payment_reference).select_related("invoice").first()
    if payment is None or answer.is_failed or answer.amount.currency != payment.currency:
        logger.warning("Refund %s at the gateway is of none of our payments.", answer.refund_reference)
        return
    invoice = lock_invoices([payment.invoice])[payment.invoice_id]
    if Refund.objects.filter(_is_ours(answer)).exists():  # whoever had the lock before has written it
        return
    if answer.amount > invoice.paid:
        logger.error("Refund %s at the gateway is more than invoice %s holds.", answer.refund_reference, invoice.pk)
        return
    is_too_much = answer.amount <= invoice.overpaid
    refund_id = new_id()
    refund = Refund.objects.create(
        id=refund_id,
        invoice=invoice,
        payment=payment,
        kind=RefundKind.PAID_BACK if is_too_much else RefundKind.TAKEN_BACK,
        method=Method.STRIPE.value,
        amount_minor=answer.amount.minor,
        currency=answer.amount.currency,
        reason=_("Given back at the payment service"),
        state=RefundState.DONE if answer.is_done else RefundState.ASKED,
        idempotency_key=f"refund:{refund_id}",
        gateway_reference=answer.refund_reference,
        at=at,
        finished_at=at if answer.is_done else None,
        **signed_by(None),
    )
    enter_refund(refund=refund, balance=invoice.balance_minor)
    action = "billing.payment.paid_back" if is_too_much else "billing.payment.taken_back"
    move_on(invoice, action=action, by=None, refund_id=refund.pk, amount_minor=refund.amount_minor)
    if answer.is_done:
        telling.about_refund(refund=refund, at=at)
