"""Paying online: one page, one payment, whatever the post brings, and when."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import pytest

from audit.models import AuditEntry
from kernel.errors import Conflict
from modules.billing.domain.states import Checkout, Method, Status
from modules.billing.models import CheckoutSession, GatewayAccount, Invoice, Payment
from modules.billing.services import (
    NothingToPay,
    checkout,
    close_outdated_checkouts,
    ensure_account,
    look_again,
    open_checkout_for,
    pay_url,
    settle_checkout,
)
from modules.billing.tests.conftest import LATER, PAID_ONCE, Stripe, post_event, stands, work
from tenancy import TenantRef, use, use_platform
from webhooks.models import StripeEvent

Pay = Callable[..., Payment]

# -- the page


def test_the_page_asks_for_what_is_owed_and_leads_back(stripe: Stripe, address: str, issued: Invoice) -> None:
    (session,) = stripe.sessions()
    checkout = CheckoutSession.objects.get()

    assert (session["amount_total"], session["currency"]) == (5800, "gbp")
    assert session["client_reference_id"] == str(checkout.pk)
    assert session["success_url"] == f"{pay_url(issued)}?done=1"
    assert session["cancel_url"] == pay_url(issued)
    assert (checkout.status, checkout.session_id, checkout.url) == (Checkout.OPEN, session["id"], address)


def test_asked_again_it_is_the_same_page(stripe: Stripe, address: str, token: str, now: datetime) -> None:
    assert open_checkout_for(token=token, at=now + LATER) == address
    assert len(stripe.sessions()) == 1


def test_after_a_payment_at_the_desk_the_page_asks_for_the_rest(
    stripe: Stripe, address: str, token: str, issued: Invoice, pay: Callable[..., Payment], now: datetime
) -> None:
    pay(issued, 800)

    rest = open_checkout_for(token=token, at=now + LATER)

    newest, oldest = stripe.sessions()
    assert rest != address
    assert (oldest["status"], newest["status"], newest["amount_total"]) == ("expired", "open", 5000)
    assert [each.status for each in CheckoutSession.objects.order_by("pk")] == [Checkout.EXPIRED, Checkout.OPEN]


@pytest.mark.parametrize(("cash", "left"), [(800, [5000]), (5800, [])])
def test_what_is_paid_while_the_page_is_opened_is_not_asked_for_again(
    cash: int, left: list[int], stripe: Stripe, token: str, issued: Invoice, pay: Pay, now: datetime, monkeypatch: Any
) -> None:
    opened = checkout._opened

    def opened_after_cash(begun: CheckoutSession, **of: Any) -> Any:
        if not Payment.objects.exists():
            pay(issued, cash)
        return opened(begun, **of)

    monkeypatch.setattr(checkout, "_opened", opened_after_cash)

    with pytest.raises(NothingToPay) if not left else nullcontext():
        open_checkout_for(token=token, at=now)

    assert [each["amount_total"] for each in stripe.sessions() if each["status"] == "open"] == left
    assert [each.amount_minor for each in CheckoutSession.objects.live()] == left


def test_an_expired_page_is_followed_by_another(stripe: Stripe, address: str, token: str, now: datetime) -> None:
    (session,) = stripe.sessions()
    stripe.stand_in.desk.store.save(session | {"expires_at": 1})

    assert open_checkout_for(token=token, at=now + LATER) != address
    assert [each["status"] for each in stripe.sessions()] == ["open", "expired"]


def test_what_is_paid_has_no_page(address: str, token: str, issued: Invoice, stripe: Stripe, now: datetime) -> None:
    stripe.pay(address)

    with pytest.raises(NothingToPay) as refused:
        open_checkout_for(token=token, at=now)
    assert isinstance(refused.value, Conflict)
    assert stands(issued) == PAID_ONCE  # it asked, and so it knows


def test_a_declined_card_changes_nothing_here(address: str, stripe: Stripe, issued: Invoice) -> None:
    assert stripe.pay(address, "pm_card_chargeDeclined") == 200
    for event in stripe.events():
        post_event(event)
    work()

    assert stands(issued) == (Status.ISSUED, "0.00", 0)
    assert stripe.pay(address) == 303


# -- the post


def test_a_signed_event_pays_the_invoice_and_a_receipt_is_mailed(
    address: str, stripe: Stripe, issued: Invoice, mailoutbox: Any
) -> None:
    stripe.pay(address)
    (event,) = stripe.events("checkout.session.completed")

    assert post_event(event).status_code == 200
    work()

    payment = Payment.objects.get()
    assert stands(issued) == PAID_ONCE
    assert (payment.method, payment.by_id) == (Method.STRIPE, None)
    assert payment.gateway_reference.startswith("pi_")
    assert [mail.subject for mail in mailoutbox if "Receipt" in mail.subject] == [
        "Receipt: £58.00 for invoice 2031-0001"
    ]
    assert CheckoutSession.objects.get().status == Checkout.PAID


def test_an_event_delivered_five_times_pays_once(
    address: str, stripe: Stripe, issued: Invoice, mailoutbox: Any
) -> None:
    stripe.pay(address)
    (event,) = stripe.events("checkout.session.completed")
    for _ in range(5):
        assert post_event(event).status_code == 200
        work()

    assert stands(issued) == PAID_ONCE
    assert len([mail for mail in mailoutbox if "Receipt" in mail.subject]) == 1
    with use_platform():
        assert StripeEvent.objects.filter(type="checkout.session.completed").count() == 1


def test_all_events_in_any_order_pay_once(address: str, stripe: Stripe, issued: Invoice) -> None:
    stripe.pay(address)
    for event in reversed(stripe.events()):
        post_event(event)
    work()

    assert stands(issued) == PAID_ONCE


def test_another_event_about_the_same_payment_pays_nothing_more(address: str, stripe: Stripe, issued: Invoice) -> None:
    stripe.pay(address)
    (event,) = stripe.events("checkout.session.completed")
    post_event(event)
    post_event(event | {"id": "evt_other", "type": "checkout.session.async_payment_succeeded"})
    post_event(event | {"id": "evt_late", "type": "checkout.session.expired"})
    work()

    assert stands(issued) == PAID_ONCE
    assert CheckoutSession.objects.get().status == Checkout.PAID


def test_whoever_comes_back_before_the_post_sees_it_paid(
    address: str, stripe: Stripe, token: str, now: datetime
) -> None:
    stripe.pay(address)

    assert look_again(token=token, at=now).status == Status.PAID

    (event,) = stripe.events("checkout.session.completed")
    post_event(event)
    work()
    assert Payment.objects.count() == 1


def test_an_event_that_lies_is_not_believed(address: str, stripe: Stripe, issued: Invoice) -> None:
    """An event is a hint. What counts is what Stripe says when asked."""
    lie = {
        "id": "evt_lie",
        "type": "checkout.session.completed",
        "account": GatewayAccount.objects.get().account_id,
        "livemode": False,
        "data": {"object": {"id": CheckoutSession.objects.get().session_id, "payment_status": "paid"}},
    }
    post_event(lie)
    work()

    assert stands(issued) == (Status.ISSUED, "0.00", 0)


def test_an_event_for_one_practice_pays_nothing_at_another(
    address: str, stripe: Stripe, issued: Invoice, other: TenantRef, now: datetime
) -> None:
    with use(other):
        theirs = ensure_account(at=now).account_id
    stripe.pay(address)
    (event,) = stripe.events("checkout.session.completed")
    post_event(event | {"account": theirs})
    work()

    assert stands(issued) == (Status.ISSUED, "0.00", 0)
    with use(other):
        assert Payment.objects.count() == 0


def test_a_checkout_that_is_none_of_ours_is_left_alone(
    stripe: Stripe, in_clinic: TenantRef, issued: Invoice, now: datetime
) -> None:
    account = ensure_account(at=now).account_id
    from modules.billing.gateways import gateway
    from modules.billing.tests.test_gateway import order

    foreign = gateway().open_checkout(account_id=account, order=order(), idempotency_key="x")
    stripe.pay(foreign.url)
    settle_checkout(session_id=foreign.session_id, at=now)
    settle_checkout(session_id="cs_test_nothing", at=now)

    assert Payment.objects.count() == 0


def test_money_of_another_currency_is_written_down_and_not_counted(
    address: str, stripe: Stripe, issued: Invoice, now: datetime
) -> None:
    (session,) = stripe.sessions()
    stripe.stand_in.desk.store.save(session | {"currency": "eur"})
    stripe.pay(address)
    settle_checkout(session_id=session["id"], at=now)
    settle_checkout(session_id=session["id"], at=now)

    assert stands(issued) == (Status.ISSUED, "0.00", 0)
    assert CheckoutSession.objects.get().status == Checkout.REFUSED
    assert AuditEntry.objects.get(action="billing.checkout.refused").changes["amount"] == [None, "58.00 EUR"]


def test_the_amount_is_the_one_that_was_taken(address: str, stripe: Stripe, issued: Invoice, now: datetime) -> None:
    (session,) = stripe.sessions()
    stripe.stand_in.desk.store.save(session | {"amount_total": 5000})
    stripe.pay(address)
    settle_checkout(session_id=session["id"], at=now)

    assert stands(issued) == (Status.PARTIAL, "50.00", 1)


def test_a_payment_at_the_desk_closes_the_page_that_asks_for_more(
    address: str, stripe: Stripe, issued: Invoice, pay: Callable[..., Payment]
) -> None:
    pay(issued, 5800)
    work()

    assert [each["status"] for each in stripe.sessions()] == ["expired"]
    assert CheckoutSession.objects.get().status == Checkout.EXPIRED


def test_what_was_paid_twice_is_written_down_twice(
    address: str, stripe: Stripe, issued: Invoice, pay: Callable[..., Payment], now: datetime
) -> None:
    """Cash at the desk while the card was already being charged: the money is there, so it is on the books."""
    stripe.pay(address)
    pay(issued, 5800)
    close_outdated_checkouts(invoice_id=issued.pk, at=now)

    assert stands(issued) == (Status.PAID, "116.00", 2)
    assert str(Invoice.objects.get(pk=issued.pk).to_pay) == "0.00"
