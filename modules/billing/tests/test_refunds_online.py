"""Money back at the gateway: asked for once, whatever breaks, and what becomes of it later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.billing.domain.states import Method, Status
from modules.billing.gateways import gateway
from modules.billing.gateways.port import GatewayDown, RefundOrder
from modules.billing.models import GatewayAccount, Invoice, Payment, Refund, RefundKind, RefundState
from modules.billing.services import (
    WishedRefund,
    credit_invoice,
    find_missing,
    look_again,
    pay_back,
    reconcile_refunds,
    send_refund,
    settle_refund,
)
from modules.billing.tests.conftest import LATER, Stripe, post_event, work
from modules.billing.tests.test_ledger import books
from modules.billing.tests.test_settling import again, pounds, stand

pytestmark = pytest.mark.usefixtures("stripe")


@pytest.fixture
def card() -> str:
    return "pm_card_visa"


@pytest.fixture
def credited(
    stripe: Stripe, address: str, token: str, issued: Invoice, card: str, rita: User, now: datetime
) -> Invoice:
    """58.00 were paid online, and the invoice was credited since."""
    stripe.pay(address, card)
    look_again(token=token, at=now)
    credit_invoice(invoice=issued, reason="Never happened", by=rita, at=now)
    return again(issued)


def ask(invoice: Invoice, *, by: User, at: datetime, minor: int = 5800) -> Refund:
    payment = Payment.objects.get(invoice=invoice)
    wish = WishedRefund(amount=pounds(minor), method=Method.STRIPE, payment_id=payment.pk)
    (refund,) = pay_back(invoice=invoice, wished=[wish], reason="Never happened", by=by, at=at)
    return refund


def refunds(stripe: Stripe) -> list[int]:
    (account,) = (each["id"] for each in stripe.stand_in.desk.store.all("", "account"))
    return [refund["amount"] for refund in stripe.stand_in.desk.store.all(account, "refund")]


def test_it_goes_back_on_the_card_by_a_job(
    stripe: Stripe, credited: Invoice, rita: User, now: datetime, mailoutbox: Any
) -> None:
    refund = ask(credited, by=rita, at=now)
    assert refund.state == RefundState.ASKED
    assert stand(credited) == (Status.CREDITED, 0, 0), "nobody has it twice"

    work()

    refund.refresh_from_db()
    assert (refund.state, refund.gateway_reference[:3]) == (RefundState.DONE, "re_")
    assert refunds(stripe) == [5800]
    assert books() == {}
    (mail,) = [mail for mail in mailoutbox if "paid back" in mail.subject]
    assert "the card you paid with" in mail.body


def test_asked_again_it_is_the_same_refund(stripe: Stripe, credited: Invoice, rita: User, now: datetime) -> None:
    refund = ask(credited, by=rita, at=now, minor=1000)

    for _ in range(3):
        send_refund(refund_id=refund.pk, at=now)

    assert refunds(stripe) == [1000]


def test_a_worker_that_died_between_the_answer_and_the_commit_loses_nothing(
    stripe: Stripe, credited: Invoice, rita: User, now: datetime
) -> None:
    refund = ask(credited, by=rita, at=now)
    stripe.knobs.lost_answers = 2  # the client tries once more by itself
    with pytest.raises(GatewayDown):
        send_refund(refund_id=refund.pk, at=now)
    refund.refresh_from_db()
    assert (refund.state, refunds(stripe)) == (RefundState.ASKED, [5800])

    assert reconcile_refunds(at=now + LATER) == 1

    refund.refresh_from_db()
    assert (refund.state, refunds(stripe)) == (RefundState.DONE, [5800])


def test_once_the_key_is_forgotten_the_refund_is_looked_for_first(
    stripe: Stripe, credited: Invoice, rita: User, now: datetime
) -> None:
    refund = ask(credited, by=rita, at=now)
    stripe.knobs.lost_answers = 2
    with pytest.raises(GatewayDown):
        send_refund(refund_id=refund.pk, at=now)
    stripe.stand_in.desk.store.database.execute("DELETE FROM answers")

    send_refund(refund_id=refund.pk, at=now + timedelta(days=2))

    refund.refresh_from_db()
    assert (refund.state, refunds(stripe)) == (RefundState.DONE, [5800])


def test_what_the_gateway_refuses_is_credit_again(stripe: Stripe, credited: Invoice, rita: User, now: datetime) -> None:
    account = GatewayAccount.objects.get().account_id
    order = RefundOrder(
        reference="theirs", payment_reference=Payment.objects.get().gateway_reference, amount=pounds(5800)
    )
    refund = ask(credited, by=rita, at=now)
    gateway().refund(account_id=account, order=order, idempotency_key="theirs")  # at the gateway's own page

    send_refund(refund_id=refund.pk, at=now)

    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert stand(credited) == (Status.CREDITED, 0, 5800)
    assert books() == {"CREDIT": -5800, "STRIPE": 5800}


@pytest.mark.parametrize("card", ["pm_card_pendingRefund"])
def test_a_refund_may_take_its_time(stripe: Stripe, credited: Invoice, rita: User, now: datetime) -> None:
    refund = ask(credited, by=rita, at=now)
    send_refund(refund_id=refund.pk, at=now)
    refund.refresh_from_db()
    assert (refund.state, refund.gateway_reference[:3]) == (RefundState.ASKED, "re_")

    for event in stripe.events("refund.updated"):
        post_event(event)
    work()

    refund.refresh_from_db()
    assert refund.state == RefundState.DONE


@pytest.mark.parametrize("card", ["pm_card_refundFail"])
def test_a_refund_that_fails_after_it_was_done_is_credit_again(
    stripe: Stripe, credited: Invoice, rita: User, now: datetime
) -> None:
    refund = ask(credited, by=rita, at=now)
    send_refund(refund_id=refund.pk, at=now)
    refund.refresh_from_db()
    assert refund.state == RefundState.DONE

    for event in stripe.events("refund.failed") * 2:
        post_event(event)
    work()

    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert stand(credited) == (Status.CREDITED, 0, 5800)


def test_what_was_given_back_at_the_gateway_itself_is_written_down_once(
    stripe: Stripe, address: str, token: str, issued: Invoice, now: datetime
) -> None:
    stripe.pay(address)
    look_again(token=token, at=now)
    order = RefundOrder(reference="", payment_reference=Payment.objects.get().gateway_reference, amount=pounds(800))
    account = GatewayAccount.objects.get().account_id
    answer = gateway().refund(account_id=account, order=order, idempotency_key="theirs")

    for _ in range(2):
        settle_refund(reference=answer.refund_reference, at=now)

    refund = Refund.objects.get()
    assert (refund.kind, refund.state, refund.by_name) == (RefundKind.TAKEN_BACK, RefundState.DONE, "")
    assert stand(issued) == (Status.PARTIAL, 800, 0)


def test_news_of_a_refund_that_come_before_those_of_its_payment_are_not_lost(
    stripe: Stripe, address: str, issued: Invoice
) -> None:
    give_back_there(stripe, address, 800)

    for kind in ("refund.", "checkout."):
        for event in stripe.events(kind):
            post_event(event)
        work()

    assert Payment.objects.get().amount_minor == 5800
    assert Refund.objects.get().amount_minor == 800
    assert stand(issued) == (Status.PARTIAL, 800, 0)


def test_what_nobody_told_us_of_is_found_in_the_lists_of_the_gateway(
    stripe: Stripe, address: str, issued: Invoice
) -> None:
    give_back_there(stripe, address, 800)

    for _ in range(2):
        find_missing(at=timezone.now())

    assert Payment.objects.get().amount_minor == 5800
    assert Refund.objects.get().amount_minor == 800
    assert stand(issued) == (Status.PARTIAL, 800, 0)


def give_back_there(stripe: Stripe, address: str, minor: int) -> None:
    """Pay, and have some of it given back at the gateway's own page."""
    stripe.pay(address)
    account = GatewayAccount.objects.get().account_id
    (session,) = stripe.sessions(account)
    order = RefundOrder(reference="", payment_reference=session["payment_intent"], amount=pounds(minor))
    gateway().refund(account_id=account, order=order, idempotency_key="theirs")


def test_a_refund_of_somebody_else_is_left_alone(stripe: Stripe, credited: Invoice, now: datetime) -> None:
    settle_refund(reference="re_nobody", at=now)

    assert not Refund.objects.exists()
