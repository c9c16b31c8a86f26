"""While the gateway is down, slow or forgetful, nobody pays twice and no payment is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from modules.billing.domain.states import Checkout
from modules.billing.gateways.port import GatewayDown, GatewayRefused
from modules.billing.models import CheckoutSession, Invoice, Payment
from modules.billing.services import (
    NothingToPay,
    ensure_account,
    issue_invoice,
    open_checkout_for,
    reconcile,
)
from modules.billing.services.links import pay_token
from modules.billing.tests.conftest import LATER, PAID_ONCE, Stripe, post_event, stands, work


def test_while_stripe_is_down_the_payer_is_told_calmly_and_nothing_is_lost(
    stripe: Stripe, token: str, now: datetime
) -> None:
    ensure_account(at=now)
    stripe.knobs.set({"failing_calls": 2})

    with pytest.raises(GatewayDown) as down:
        open_checkout_for(token=token, at=now)

    sentence = "Card payment is not available just now. Nothing was taken. Try again in a few minutes."
    assert (down.value.status, str(down.value)) == (503, sentence)
    assert CheckoutSession.objects.get().status == Checkout.OPENING
    assert open_checkout_for(token=token, at=now)
    assert CheckoutSession.objects.get().status == Checkout.OPEN


def test_a_lost_answer_opens_no_second_page(stripe: Stripe, token: str, now: datetime) -> None:
    ensure_account(at=now)
    stripe.knobs.set({"lost_answers": 2})
    with pytest.raises(GatewayDown):
        open_checkout_for(token=token, at=now)

    open_checkout_for(token=token, at=now)

    assert len(stripe.sessions()) == CheckoutSession.objects.count() == 1


def test_a_payment_on_a_page_whose_answer_was_lost_is_known_by_our_reference(
    stripe: Stripe, token: str, issued: Invoice, now: datetime
) -> None:
    ensure_account(at=now)
    stripe.knobs.set({"lost_answers": 2})
    with pytest.raises(GatewayDown):
        open_checkout_for(token=token, at=now)
    (session,) = stripe.sessions()
    stripe.pay(f"{stripe.stand_in.url}/c/pay/{session['id']}")
    (event,) = stripe.events("checkout.session.completed")
    post_event(event)
    work()

    assert stands(issued) == PAID_ONCE


def test_a_refused_page_is_tried_anew_the_next_time(stripe: Stripe, token: str, now: datetime, settings: Any) -> None:
    """The same key with other addresses is refused: the next try begins another checkout."""
    ensure_account(at=now)
    stripe.knobs.set({"lost_answers": 2})
    with pytest.raises(GatewayDown):
        open_checkout_for(token=token, at=now)
    settings.PLATFORM_URL = "http://localhost:9000"
    with pytest.raises(GatewayRefused):
        open_checkout_for(token=token, at=now)

    assert open_checkout_for(token=token, at=now)
    assert [each.status for each in CheckoutSession.objects.order_by("pk")] == [Checkout.EXPIRED, Checkout.OPEN]


def test_the_reconciliation_finds_what_the_post_has_lost(
    address: str, stripe: Stripe, issued: Invoice, now: datetime
) -> None:
    stripe.pay(address)
    assert reconcile(at=now) == 0  # the post is given its chance first

    assert reconcile(at=now + LATER) == 1
    assert stands(issued) == PAID_ONCE
    assert reconcile(at=now + LATER) == 0


def test_the_reconciliation_finds_the_page_whose_answer_was_lost(
    stripe: Stripe, token: str, issued: Invoice, now: datetime
) -> None:
    ensure_account(at=now)
    stripe.knobs.set({"lost_answers": 2})
    with pytest.raises(GatewayDown):
        open_checkout_for(token=token, at=now)
    (session,) = stripe.sessions()
    stripe.pay(f"{stripe.stand_in.url}/c/pay/{session['id']}")

    reconcile(at=now + LATER)

    assert stands(issued) == PAID_ONCE


def test_the_reconciliation_gives_up_what_can_no_longer_be_found(stripe: Stripe, token: str, now: datetime) -> None:
    ensure_account(at=now)
    stripe.knobs.set({"failing_calls": 2})
    with pytest.raises(GatewayDown):
        open_checkout_for(token=token, at=now)

    reconcile(at=now + timedelta(days=2))

    assert CheckoutSession.objects.get().status == Checkout.EXPIRED


def test_an_invoice_issued_after_a_draft_was_paid_has_no_page(
    stripe: Stripe, draft: Invoice, pay: Callable[..., Payment], rita: User, now: datetime
) -> None:
    pay(draft, 5800)
    issued = issue_invoice(invoice=draft, by=rita, at=now)

    with pytest.raises(NothingToPay):
        open_checkout_for(token=pay_token(issued), at=now)
