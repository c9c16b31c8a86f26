"""Paying online: a page at the gateway for what is owed, and what became of it.

The gateway is always asked outside of the transaction that locks the invoice, under a key that was committed before.
News of a checkout, from a webhook, a redirect or the reconciliation, is a hint to ask how it stands. What the gateway
then says is applied under the invoice's lock, and only ever takes the checkout forward.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.ids import new_id
from modules.billing.domain.states import Checkout, Method, Status, is_forward
from modules.billing.gateways import gateway
from modules.billing.gateways.port import CheckoutOrder, CheckoutState, GatewayRefused, UnknownAtGateway
from modules.billing.models import CheckoutSession, GatewayAccount, Invoice, Payment
from modules.billing.services.accounts import account_for_charges
from modules.billing.services.issuing import issue
from modules.billing.services.links import invoice_behind, pay_url
from modules.billing.services.paying import NothingToPay, write_payment
from tenancy import current_tenant

logger = logging.getLogger(__name__)

KEY_LASTS = timedelta(hours=23)  # Stripe forgets idempotency keys after a day
LOOK_AFTER = timedelta(minutes=2)  # until then the webhook is given its chance


def open_checkout_for(*, token: str, at: datetime) -> str:
    """Return the address of a page at the gateway where exactly what is owed can be paid.

    Asked twice, also at the same moment, it is the same page. One for another amount is closed first. Must not be
    called inside a transaction. Raises `LinkNotGood`, `NothingToPay`, `CardsNotReady`, or what the gateway raises.
    """
    invoice = invoice_behind(token)
    account_id = account_for_charges(at=at)
    live = CheckoutSession.objects.live().filter(invoice=invoice).exclude(session_id="").first()
    if live is not None:
        state = _brought_up_to_date(live, invoice, account_id=account_id, at=at)
        if state.is_open:
            return state.url
    begun = _begin(invoice, at=at)
    state = _opened(begun, account_id=account_id)
    apply_state(state=state, at=at)
    if _closed_as_outdated(begun, state, account_id=account_id, at=at):
        return open_checkout_for(token=token, at=at)  # for what is left, if anything is
    return state.url


def settle_checkout(*, session_id: str, at: datetime) -> None:
    """Ask the gateway how a checkout stands, and take over what it says. Safe to repeat, in any order."""
    account = GatewayAccount.objects.first()
    if account is None or not account.account_id:
        return
    try:
        state = gateway().look_up_checkout(account_id=account.account_id, session_id=session_id)
    except UnknownAtGateway:
        logger.warning("There is no checkout %s at the gateway.", session_id)
        return
    apply_state(state=state, at=at)


def settle_payment(*, payment_reference: str, at: datetime) -> None:
    """Take over how the checkout stands by which a payment came. One that did not come by any of ours is left alone."""
    account = GatewayAccount.objects.first()
    if account is None or not account.account_id or not payment_reference:
        return
    state = gateway().checkout_behind(account_id=account.account_id, payment_reference=payment_reference)
    if state is not None:
        apply_state(state=state, at=at)


def look_again(*, token: str, at: datetime) -> Invoice:
    """Return the invoice behind a link as it stands after asking the gateway: for whoever comes back from paying."""
    invoice = invoice_behind(token)
    for checkout in CheckoutSession.objects.live().filter(invoice=invoice).exclude(session_id=""):
        settle_checkout(session_id=checkout.session_id, at=at)
    return invoice_behind(token)


def close_outdated_checkouts(*, invoice_id: UUID, at: datetime) -> None:
    """Close the pages on which more could be paid than is still owed."""
    invoice = Invoice.objects.get(pk=invoice_id)
    account = GatewayAccount.objects.first()
    for checkout in CheckoutSession.objects.live().filter(invoice=invoice).exclude(session_id=""):
        if account is not None and not _asks_rightly(checkout, invoice):
            _brought_up_to_date(checkout, invoice, account_id=account.account_id, at=at)


def reconcile(*, at: datetime) -> int:
    """Ask about every checkout that nothing was heard of for a while. Return how many were asked about.

    Must not be called inside a transaction: each is settled in one of its own.
    """
    account = GatewayAccount.objects.first()
    if account is None or not account.account_id:
        return 0
    waiting = CheckoutSession.objects.live().filter(created_at__lt=at - LOOK_AFTER).order_by("created_at")
    for checkout in waiting:
        if checkout.session_id:
            settle_checkout(session_id=checkout.session_id, at=at)
        else:
            _ask_once_more(checkout, account_id=account.account_id, at=at)
    return len(waiting)


@transaction.atomic
def apply_state(*, state: CheckoutState, at: datetime) -> None:
    """Take a checkout forward to where the gateway says it stands. Payments are written once, whoever else is at it."""
    checkout = _known(state)
    if checkout is None:
        logger.warning("Checkout %s is none of ours; it is left alone.", state.session_id)
        return
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=checkout.invoice_id)
    checkout = CheckoutSession.objects.select_for_update().get(pk=checkout.pk)
    then = _then(state, invoice)
    if not is_forward(checkout.status, then):
        return
    if then is Checkout.PAID:
        _write_payment(invoice, state, at=at)
    _take_forward(checkout, state, then)


def _brought_up_to_date(checkout: CheckoutSession, invoice: Invoice, *, account_id: str, at: datetime) -> CheckoutState:
    """Return how a checkout stands; one for another amount than is owed is closed before, if it can be."""
    if not _asks_rightly(checkout, invoice):
        gateway().close_checkout(account_id=account_id, session_id=checkout.session_id)
    state = gateway().look_up_checkout(account_id=account_id, session_id=checkout.session_id)
    apply_state(state=state, at=at)
    return state


def _asks_rightly(checkout: CheckoutSession, invoice: Invoice) -> bool:
    return invoice.can_be_paid and checkout.amount == invoice.to_pay


def _closed_as_outdated(checkout: CheckoutSession, state: CheckoutState, *, account_id: str, at: datetime) -> bool:
    """Close a page that was opened while its invoice was paid elsewhere, in part or whole, or given up."""
    invoice = Invoice.objects.get(pk=checkout.invoice_id)
    if _asks_rightly(checkout, invoice):
        return False
    checkout.session_id = state.session_id
    _brought_up_to_date(checkout, invoice, account_id=account_id, at=at)
    return True


def _nothing_to_pay(invoice: Invoice) -> NothingToPay:
    if invoice.is_deposit and not invoice.is_issued:
        return NothingToPay(_("The time for this deposit is over. Nothing was taken."))
    if invoice.status == Status.CREDITED:
        return NothingToPay(_("Invoice %(number)s is credited. There is nothing to pay.") % {"number": invoice.number})
    return NothingToPay(_("Invoice %(number)s is paid. There is nothing left to do.") % {"number": invoice.number})


@transaction.atomic(durable=True)
def _begin(invoice: Invoice, *, at: datetime) -> CheckoutSession:
    """Keep what the gateway is going to be asked for. Whoever asks at the same moment asks for the same."""
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    if not locked.can_be_paid:
        raise _nothing_to_pay(locked)
    live = CheckoutSession.objects.live().filter(invoice=locked).first()
    if live is not None and live.amount == locked.to_pay and live.created_at > at - KEY_LASTS:
        return live
    if live is not None:
        _expire(live)
    checkout_id = new_id()
    begun = CheckoutSession.objects.create(
        id=checkout_id,
        invoice=locked,
        idempotency_key=f"checkout:{checkout_id}",
        status=Checkout.OPENING.value,
        amount_minor=locked.to_pay.minor,
        currency=locked.currency,
        created_at=at,
    )
    changes = audit.created(begun, ["status", "amount_minor", "currency"])
    audit.record(action="billing.checkout.begun", of=begun, by=None, changes=changes)
    return begun


def _opened(checkout: CheckoutSession, *, account_id: str) -> CheckoutState:
    """Ask the gateway for the page. A refusal is final for this checkout: the next try begins another."""
    try:
        return gateway().open_checkout(
            account_id=account_id, order=_order(checkout), idempotency_key=checkout.idempotency_key
        )
    except GatewayRefused:
        _give_up(checkout)
        raise


def _order(checkout: CheckoutSession) -> CheckoutOrder:
    """Return what the gateway is asked for: the same each time, or it would refuse the key."""
    invoice, page = checkout.invoice, pay_url(checkout.invoice)
    with translation.override(current_tenant().language):
        title = _("Invoice %(number)s") % {"number": invoice.number} if invoice.is_issued else _("Deposit")
    return CheckoutOrder(
        reference=str(checkout.pk),
        amount=checkout.amount,
        title=title,
        success_url=f"{page}?done=1",
        cancel_url=page,
    )


def _ask_once_more(checkout: CheckoutSession, *, account_id: str, at: datetime) -> None:
    """Find out what became of a checkout whose answer was lost: its key brings the first answer back."""
    if checkout.created_at < at - KEY_LASTS:
        _give_up(checkout)
        return
    try:
        state = _opened(checkout, account_id=account_id)
    except GatewayRefused:
        logger.warning("The gateway refused checkout %s.", checkout.pk)
        return
    settle_checkout(session_id=state.session_id, at=at)


@transaction.atomic
def _give_up(checkout: CheckoutSession) -> None:
    locked = CheckoutSession.objects.select_for_update().filter(pk=checkout.pk, status=Checkout.OPENING).first()
    if locked is not None:
        _expire(locked)


def _expire(checkout: CheckoutSession) -> None:
    before, checkout.status = checkout.status, Checkout.EXPIRED.value
    checkout.save(update_fields=["status"])
    changes = {"status": (before, checkout.status)}
    audit.record(action="billing.checkout.expired", of=checkout, by=None, changes=changes)


def _known(state: CheckoutState) -> CheckoutSession | None:
    """Find ours by the gateway's id, or by ours that came back: the answer with theirs may have been lost."""
    ours = Q(session_id=state.session_id)
    with suppress(ValueError):  # not opened by us
        ours |= Q(pk=UUID(state.reference), session_id="")
    return CheckoutSession.objects.filter(ours).first()


def _then(state: CheckoutState, invoice: Invoice) -> Checkout:
    if state.is_paid:
        return Checkout.PAID if state.amount.currency == invoice.currency else Checkout.REFUSED
    return Checkout.EXPIRED if state.is_expired else Checkout.OPEN


def _take_forward(checkout: CheckoutSession, state: CheckoutState, then: Checkout) -> None:
    before, checkout.status = checkout.status, then.value
    checkout.session_id, checkout.url, checkout.expires_at = state.session_id, state.url, state.expires_at
    checkout.save(update_fields=["status", "session_id", "url", "expires_at"])
    changes = {"status": (before, then.value), "amount": (None, f"{state.amount} {state.amount.currency}")}
    audit.record(action=f"billing.checkout.{then.lower()}", of=checkout, by=None, changes=changes)


def _write_payment(invoice: Invoice, state: CheckoutState, *, at: datetime) -> None:
    """Write what was really taken, once: also if it is more than was still owed, or for a deposit given up by now."""
    if not Payment.objects.filter(gateway_reference=state.payment_reference).exists():
        if invoice.status == Status.VOID:
            invoice.status = Status.DRAFT.value
            audit.record(action="billing.invoice.revived", of=invoice, by=None)
        write_payment(
            invoice=issue(locked=invoice, by=None, at=at),
            amount=state.amount,
            method=Method.STRIPE,
            by=None,
            at=at,
            gateway_reference=state.payment_reference,
        )
