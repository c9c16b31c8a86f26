"""Checkout sessions: one open, one payment at most, then complete or expired for good."""

from __future__ import annotations

import time

from infra.local.stripe_stand_in import payments
from infra.local.stripe_stand_in.errors import StripeError, invalid
from infra.local.stripe_stand_in.events import Desk
from infra.local.stripe_stand_in.store import Json
from infra.local.stripe_stand_in.wire import Params, integer, required

OPEN_FOR = 24 * 60 * 60
SHORTEST = 30 * 60


def make_session(desk: Desk, account: str, params: Params) -> Json:
    if params.get("mode") != "payment":
        raise invalid("The stand-in takes single payments only.", param="mode")
    lines = [_line(each) for each in required(params, "line_items")]
    currencies = {line["currency"] for line in lines}
    if len(currencies) != 1:
        raise invalid("All prices on a Checkout Session must have the same currency.", param="line_items")
    total = sum(line["amount"] for line in lines)
    now = int(time.time())
    expires_at = integer(params, "expires_at", default=now + OPEN_FOR)
    if not now + SHORTEST - 60 <= expires_at <= now + OPEN_FOR + 60:
        raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours away.", param="expires_at")
    return desk.store.make(
        account,
        "cs_test",
        "checkout.session",
        mode="payment",
        status="open",
        payment_status="unpaid",
        amount_subtotal=total,
        amount_total=total,
        currency=currencies.pop(),
        success_url=required(params, "success_url"),
        cancel_url=params.get("cancel_url"),
        customer=params.get("customer"),
        customer_email=params.get("customer_email"),
        client_reference_id=params.get("client_reference_id"),
        metadata=params.get("metadata", {}),
        payment_intent=None,
        expires_at=expires_at,
        _lines=lines,
        _intent=params.get("payment_intent_data", {}),
    )


def find_session(desk: Desk, account: str, session_id: str) -> Json:
    return _up_to_date(desk, account, desk.store.get(account, "checkout.session", session_id))


def open_page(desk: Desk, session_id: str) -> tuple[str, Json]:
    """Return the session behind a payer's page, and the account it belongs to."""
    account, session = desk.store.find("checkout.session", session_id)
    return account, _up_to_date(desk, account, session)


def expire_session(desk: Desk, account: str, session_id: str) -> Json:
    session = find_session(desk, account, session_id)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return _expire(desk, account, session)


def pay_session(desk: Desk, session_id: str, card: str) -> tuple[Json, str]:
    """Pay, if it is still to be paid. Return the session, and what the bank said if it said no.

    Call inside a change: whoever comes second waits, and finds it paid.
    """
    account, session = open_page(desk, session_id)
    if session["status"] != "open":
        return session, ""
    intent = _intent(desk, account, session)
    try:
        payments.confirm_intent(desk, account, intent, {"payment_method": card})
    except StripeError as refusal:
        return session, str(refusal)
    session |= {"status": "complete", "payment_status": "paid"}
    desk.store.save(session)
    desk.emit(account, "checkout.session.completed", session)
    return session, ""


def _line(item: Params) -> Json:
    price = required(item, "price_data")
    quantity = integer(item, "quantity", default=1)
    name = required(required(price, "product_data"), "name")
    each = integer(price, "unit_amount")
    return {"name": name, "amount": each * quantity, "currency": str(required(price, "currency")).lower()}


def _intent(desk: Desk, account: str, session: Json) -> Json:
    """Return the one payment intent of a session, made at the first try to pay."""
    if session["payment_intent"]:
        return desk.store.get(account, "payment_intent", session["payment_intent"])
    wanted = {"amount": session["amount_total"], "currency": session["currency"], "customer": session["customer"]}
    intent = payments.make_intent(desk, account, wanted | session["_intent"])
    session["payment_intent"] = intent["id"]
    desk.store.save(session)
    return intent


def _up_to_date(desk: Desk, account: str, session: Json) -> Json:
    if session["status"] == "open" and session["expires_at"] <= time.time():
        return _expire(desk, account, session)
    return session


def _expire(desk: Desk, account: str, session: Json) -> Json:
    session["status"] = "expired"
    desk.store.save(session)
    desk.emit(account, "checkout.session.expired", session)
    return session
