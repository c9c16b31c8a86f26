"""What the stand-in promises of refunds, through the official SDK over real HTTP."""

from __future__ import annotations

import pytest
import stripe


def test_no_more_is_refunded_than_was_taken(client: stripe.StripeClient, account: str) -> None:
    options = {"stripe_account": account}
    intent = client.v1.payment_intents.create(
        {"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}, options
    )
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 700}, options)

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 400}, options)
    client.v1.refunds.create({"payment_intent": intent.id}, options)
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        client.v1.refunds.create({"payment_intent": intent.id}, options)
    assert client.v1.charges.retrieve(intent.latest_charge, options=options).refunded is True


@pytest.mark.parametrize(
    ("card", "at_first", "in_the_end"),
    [
        ("pm_card_visa", "succeeded", "succeeded"),
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
    ],
)
def test_a_refund_may_take_its_time_or_fail_after_all(
    client: stripe.StripeClient, account: str, card: str, at_first: str, in_the_end: str
) -> None:
    options = {"stripe_account": account}
    intent = client.v1.payment_intents.create(
        {"amount": 1000, "currency": "eur", "payment_method": card, "confirm": True}, options
    )

    refund = client.v1.refunds.create({"payment_intent": intent.id}, options)

    assert refund.status == at_first
    assert client.v1.refunds.retrieve(refund.id, options=options).status == in_the_end
