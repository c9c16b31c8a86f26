"""What the gateway has and we lack: payments and refunds of which no news came, found by going through its lists."""

from __future__ import annotations

from datetime import datetime, timedelta

from modules.billing.domain.states import Checkout
from modules.billing.gateways import gateway
from modules.billing.models import CheckoutSession, GatewayAccount, Refund
from modules.billing.services.checkout import apply_state
from modules.billing.services.settling.asking import take_over_refund

LOOK_BACK = timedelta(days=7)  # Stripe itself tries to tell for three


def find_missing(*, at: datetime) -> None:
    """Take over what was paid and given back at the gateway in the last week, and is not here.

    Must not be called inside a transaction: each is settled in one of its own. Raises what the gateway raises.
    """
    account = GatewayAccount.objects.first()
    if account is not None and account.account_id:
        _find_payments(account.account_id, since=at - LOOK_BACK, at=at)
        _find_refunds(account.account_id, since=at - LOOK_BACK, at=at)


def _find_payments(account_id: str, *, since: datetime, at: datetime) -> None:
    there = [state for state in gateway().checkouts_since(account_id=account_id, since=since) if state.is_paid]
    rows = CheckoutSession.objects.filter(session_id__in=[state.session_id for state in there])
    settled = set(rows.filter(status=Checkout.PAID.value).values_list("session_id", flat=True))
    for state in there:
        if state.session_id not in settled:
            apply_state(state=state, at=at)


def _find_refunds(account_id: str, *, since: datetime, at: datetime) -> None:
    there = gateway().refunds_since(account_id=account_id, since=since)
    rows = Refund.objects.filter(gateway_reference__in=[answer.refund_reference for answer in there])
    known = set(rows.values_list("gateway_reference", flat=True))
    for answer in there:
        if answer.refund_reference not in known:
            take_over_refund(answer=answer, at=at)
