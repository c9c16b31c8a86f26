"""How amounts are said to Stripe, and which failures pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money, exponent
from modules.billing.gateways import gateway
from modules.billing.gateways.port import CheckoutOrder, GatewayDown, GatewayRefused, RefundOrder, UnknownAtGateway
from modules.billing.gateways.stripe import WITH_THREE_DECIMALS, WITHOUT_DECIMALS, from_stripe, to_stripe
from modules.billing.tests.conftest import Stripe


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (Money(5800, "GBP"), 5800),
        (Money(500, "JPY"), 500),
        (Money(12340, "KWD"), 12340),
        (Money(700, "ISK"), 70000),  # no decimals in CLDR, two at Stripe
        (Money(1000, "RSD"), 100000),
    ],
)
def test_stripe_counts_some_currencies_its_own_way(amount: Money, said: int) -> None:
    assert to_stripe(amount) == said
    assert from_stripe(said, amount.currency) == amount


@given(st.integers(0, 10**9), st.sampled_from(["GBP", "EUR", "JPY", "KWD", "ISK", "HUF", "CLP", "TND"]))
def test_what_is_said_to_stripe_comes_back_the_same(minor: int, currency: str) -> None:
    amount = Money(minor, currency)

    assert from_stripe(to_stripe(amount), currency) == amount


def test_stripe_never_has_fewer_decimals_than_we_keep() -> None:
    assert all(exponent(currency) == 0 for currency in WITHOUT_DECIMALS)
    assert all(exponent(currency) == 3 for currency in WITH_THREE_DECIMALS)


def order(**changes: Any) -> CheckoutOrder:
    fields: dict[str, Any] = {
        "reference": "ours",
        "amount": Money(100, "GBP"),
        "title": "Invoice 1",
        "success_url": "http://x.localhost/?done=1",
        "cancel_url": "http://x.localhost/",
    }
    return CheckoutOrder(**(fields | changes))


@pytest.fixture
def account(stripe: Stripe) -> str:
    return gateway().open_account(name="N", tenant_id="t", idempotency_key="a").account_id


def test_a_checkout_tells_how_it_stands(stripe: Stripe, account: str) -> None:
    opened = gateway().open_checkout(account_id=account, order=order(), idempotency_key="k")
    stripe.pay(opened.url)
    paid = gateway().look_up_checkout(account_id=account, session_id=opened.session_id)

    assert (opened.is_open, opened.is_paid, opened.reference, opened.amount) == (True, False, "ours", Money(100, "GBP"))
    assert (paid.is_open, paid.is_paid, paid.is_expired, paid.url) == (False, True, False, "")
    assert paid.payment_reference.startswith("pi_")


def test_nothing_personal_is_told_to_the_gateway(stripe: Stripe, account: str) -> None:
    gateway().open_checkout(account_id=account, order=order(), idempotency_key="k")

    (session,) = stripe.sessions()
    told = {name for name, value in session.items() if value not in (None, {}, "") and not name.startswith("_")}
    assert told & {"customer", "customer_email", "metadata"} == set()
    assert session["_lines"] == [{"name": "Invoice 1", "amount": 100, "currency": "gbp"}]


def test_closing_is_sure_whatever_has_become_of_it(stripe: Stripe, account: str) -> None:
    unpaid, paid = (
        gateway().open_checkout(account_id=account, order=order(), idempotency_key=key) for key in ("1", "2")
    )
    stripe.pay(paid.url)
    for state in (unpaid, unpaid, paid):
        gateway().close_checkout(account_id=account, session_id=state.session_id)

    assert gateway().look_up_checkout(account_id=account, session_id=unpaid.session_id).is_expired
    assert gateway().look_up_checkout(account_id=account, session_id=paid.session_id).is_paid


def test_the_lists_name_what_there_is_since_a_moment(stripe: Stripe, account: str) -> None:
    begun = timezone.now() - timedelta(minutes=1)
    _unpaid, paid = (
        gateway().open_checkout(account_id=account, order=order(), idempotency_key=key) for key in ("1", "2")
    )
    stripe.pay(paid.url)
    (state,) = [each for each in gateway().checkouts_since(account_id=account, since=begun) if each.is_paid]
    wish = RefundOrder(reference="ours", payment_reference=state.payment_reference, amount=Money(40, "GBP"))
    refund = gateway().refund(account_id=account, order=wish, idempotency_key="3")

    assert state.session_id == paid.session_id
    assert gateway().checkout_behind(account_id=account, payment_reference=state.payment_reference) == state
    assert gateway().checkout_behind(account_id=account, payment_reference="pi_nobody") is None
    assert gateway().refunds_since(account_id=account, since=begun) == [refund]
    later = timezone.now() + timedelta(minutes=1)
    assert gateway().checkouts_since(account_id=account, since=later) == []
    assert gateway().refunds_since(account_id=account, since=later) == []


def test_an_outage_is_told_from_a_refusal(stripe: Stripe, account: str, settings: Any) -> None:
    with pytest.raises(UnknownAtGateway):
        gateway().look_up_checkout(account_id=account, session_id="cs_test_nothing")
    with pytest.raises(UnknownAtGateway):
        gateway().look_up_checkout(account_id="acct_nobody", session_id="cs_test_nothing")
    with pytest.raises(GatewayRefused):
        gateway().open_checkout(account_id=account, order=order(amount=Money(0, "GBP")), idempotency_key="k")

    stripe.knobs.set({"failing_calls": 2})
    with pytest.raises(GatewayDown):
        gateway().look_up_account(account_id=account)
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    with pytest.raises(GatewayDown) as down:
        gateway().look_up_account(account_id=account)
    assert (down.value.status, down.value.code) == (503, "payments-unavailable")


def test_the_demos_key_is_never_tried_on_stripe_itself(settings: Any) -> None:
    settings.STRIPE_API_BASE = ""

    with pytest.raises(GatewayDown):
        gateway()
