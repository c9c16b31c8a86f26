"""Payment intents, the charges that settle them, and refunds."""

from __future__ import annotations

import secrets
from typing import Any

from infra.local.stripe_stand_in.errors import StripeError, invalid
from infra.local.stripe_stand_in.events import Desk
from infra.local.stripe_stand_in.store import Json
from infra.local.stripe_stand_in.wire import Params, integer, required

# The test cards, by the name of their token: brand, last four digits, and how the bank answers.
CARDS = {
    "pm_card_visa": ("visa", "4242", ""),
    "pm_card_mastercard": ("mastercard", "4444", ""),
    "pm_card_pendingRefund": ("visa", "7726", ""),  # a refund arrives a moment after it was asked for
    "pm_card_refundFail": ("visa", "5126", ""),  # a refund seems to arrive, and does not
    "pm_card_chargeDeclined": ("visa", "0002", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("visa", "9995", "insufficient_funds"),
}
DECLINED = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}
REFUNDS = {"7726": ("pending", "succeeded"), "5126": ("succeeded", "failed")}  # what is said first, and then
UNFINISHED = ("requires_payment_method", "requires_confirmation")


def make_intent(desk: Desk, account: str, params: Params) -> Json:
    intent = desk.store.make(
        account,
        "pi",
        "payment_intent",
        amount=integer(params, "amount"),
        currency=str(required(params, "currency")).lower(),
        customer=params.get("customer"),
        description=params.get("description"),
        metadata=params.get("metadata", {}),
        status="requires_payment_method",
        amount_received=0,
        latest_charge=None,
        last_payment_error=None,
        payment_method=params.get("payment_method"),
        capture_method="automatic",
        client_secret=f"pi_secret_{secrets.token_hex(8)}",
    )
    desk.emit(account, "payment_intent.created", intent)
    return confirm_intent(desk, account, intent, params) if params.get("confirm") == "true" else intent


def confirm_intent(desk: Desk, account: str, intent: Json, params: Params) -> Json:
    """Ask the bank. Raises what the payer is told when it says no; the refusal is kept on the intent."""
    if intent["status"] not in UNFINISHED:
        raise _unexpected(intent, "confirm")
    card = params.get("payment_method") or intent["payment_method"]
    if card not in CARDS:
        raise invalid(f"No such PaymentMethod: '{card}'", code="resource_missing", param="payment_method")
    brand, last4, refusal = CARDS[card]
    intent["payment_method"] = card
    if refusal:
        raise _declined(desk, account, intent, refusal)
    charge = desk.store.make(
        account,
        "ch",
        "charge",
        amount=intent["amount"],
        amount_refunded=0,
        currency=intent["currency"],
        payment_intent=intent["id"],
        paid=True,
        captured=True,
        refunded=False,
        status="succeeded",
        payment_method_details={"type": "card", "card": {"brand": brand, "last4": last4}},
    )
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    intent["last_payment_error"] = None
    desk.store.save(intent)
    desk.emit(account, "charge.succeeded", charge)
    desk.emit(account, "payment_intent.succeeded", intent)
    return intent


def cancel_intent(desk: Desk, account: str, intent: Json) -> Json:
    if intent["status"] not in UNFINISHED:
        raise _unexpected(intent, "cancel")
    intent["status"] = "canceled"
    desk.store.save(intent)
    desk.emit(account, "payment_intent.canceled", intent)
    return intent


def make_refund(desk: Desk, account: str, params: Params) -> Json:
    """Give money back, never more than was taken."""
    charge = _charge_of(desk, account, params)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = integer(params, "amount", default=left)
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    desk.store.save(charge)
    last4 = charge["payment_method_details"]["card"]["last4"]
    first, then = REFUNDS.get(last4, ("succeeded", "succeeded"))
    refund = desk.store.make(
        account,
        "re",
        "refund",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        metadata=params.get("metadata", {}),
        status=first,
    )
    desk.emit(account, "charge.refunded", charge)
    desk.emit(account, "refund.created", refund)
    answer = dict(refund)
    if then != first:
        refund["status"] = then
        desk.store.save(refund)
        desk.emit(account, "refund.failed" if then == "failed" else "refund.updated", refund)
    return answer


def _charge_of(desk: Desk, account: str, params: Params) -> Json:
    if params.get("charge"):
        return desk.store.get(account, "charge", params["charge"])
    intent = desk.store.get(account, "payment_intent", str(required(params, "payment_intent")))
    if intent["latest_charge"] is None:
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return desk.store.get(account, "charge", intent["latest_charge"])


def _declined(desk: Desk, account: str, intent: Json, refusal: str) -> StripeError:
    details: dict[str, Any] = {"code": "card_declined", "decline_code": refusal}
    message = DECLINED[refusal]
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = {"type": "card_error", "message": message, **details}
    desk.store.save(intent)
    desk.emit(account, "payment_intent.payment_failed", intent)
    return StripeError(402, "card_error", message, payment_intent=desk.shown(intent), **details)


def _unexpected(intent: Json, verb: str) -> StripeError:
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return invalid(message, code="payment_intent_unexpected_state")
