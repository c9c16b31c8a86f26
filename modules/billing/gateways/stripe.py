"""Stripe Connect with direct charges: the practice is the merchant, the money goes to its own account.

Nothing personal is sent: a practice's name, an invoice's number, an amount. The API version is pinned, since each
release of the library speaks one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import stripe

from kernel.money import Money
from modules.billing.gateways.port import (
    AccountState,
    CheckoutOrder,
    CheckoutState,
    GatewayDown,
    GatewayRefused,
    RefundAnswer,
    RefundOrder,
    UnknownAtGateway,
)

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10
# How Stripe counts (docs.stripe.com/currencies), which is not always how CLDR does: it has cents of the rupiah.
WITHOUT_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
WITH_THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())
CONTROLLER = {
    "stripe_dashboard": {"type": "full"},
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
}


class StripeGateway:
    """The adapter. `base` is the stand-in's address, or "" for Stripe itself."""

    def __init__(self, *, key: str, base: str) -> None:
        self.client = _client(key, base)

    def open_account(self, *, name: str, tenant_id: str, idempotency_key: str) -> AccountState:
        wanted: Any = {"controller": CONTROLLER, "business_profile": {"name": name}, "metadata": {"tenant": tenant_id}}
        with _told_apart():
            return _account(self.client.v1.accounts.create(wanted, {"idempotency_key": idempotency_key}))

    def look_up_account(self, *, account_id: str) -> AccountState:
        with _told_apart():
            return _account(self.client.v1.accounts.retrieve(account_id))

    def link_to_set_up(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        wanted: Any = {"account": account_id, "return_url": return_url, "refresh_url": refresh_url}
        with _told_apart():
            return str(self.client.v1.account_links.create(wanted | {"type": "account_onboarding"}).url)

    def open_checkout(self, *, account_id: str, order: CheckoutOrder, idempotency_key: str) -> CheckoutState:
        options: Any = {"stripe_account": account_id, "idempotency_key": idempotency_key}
        with _told_apart():
            return _checkout(self.client.v1.checkout.sessions.create(_order(order), options))

    def look_up_checkout(self, *, account_id: str, session_id: str) -> CheckoutState:
        with _told_apart():
            sessions = self.client.v1.checkout.sessions
            return _checkout(sessions.retrieve(session_id, options={"stripe_account": account_id}))

    def close_checkout(self, *, account_id: str, session_id: str) -> None:
        try:
            with _told_apart():
                self.client.v1.checkout.sessions.expire(session_id, options={"stripe_account": account_id})
        except GatewayRefused:
            if self.look_up_checkout(account_id=account_id, session_id=session_id).is_open:
                raise

    def refund(self, *, account_id: str, order: RefundOrder, idempotency_key: str) -> RefundAnswer:
        options: Any = {"stripe_account": account_id, "idempotency_key": idempotency_key}
        wanted: Any = {
            "payment_intent": order.payment_reference,
            "amount": to_stripe(order.amount),
            "metadata": {"refund": order.reference},
        }
        with _told_apart():
            return _refund(self.client.v1.refunds.create(wanted, options))

    def look_up_refund(self, *, account_id: str, refund_reference: str) -> RefundAnswer:
        with _told_apart():
            found = self.client.v1.refunds.retrieve(refund_reference, options={"stripe_account": account_id})
            return _refund(found)

    def refunds_of(self, *, account_id: str, payment_reference: str) -> list[RefundAnswer]:
        found = _all(self.client.v1.refunds, account_id, payment_intent=payment_reference)
        return [_refund(each) for each in found]

    def refunds_since(self, *, account_id: str, since: datetime) -> list[RefundAnswer]:
        return [_refund(each) for each in _all(self.client.v1.refunds, account_id, created=_from(since))]

    def checkout_behind(self, *, account_id: str, payment_reference: str) -> CheckoutState | None:
        found = _all(self.client.v1.checkout.sessions, account_id, payment_intent=payment_reference)
        return next(map(_checkout, found), None)

    def checkouts_since(self, *, account_id: str, since: datetime) -> list[CheckoutState]:
        found = _all(self.client.v1.checkout.sessions, account_id, created=_from(since))
        return [_checkout(each) for each in found]


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else {},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tell an outage, which passes, from a refusal, which does not."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise GatewayDown from error
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        raise (UnknownAtGateway if error.http_status in (403, 404) else GatewayRefused) from error
    except stripe.StripeError as error:
        is_outage = error.http_status is None or error.http_status >= 500 or error.http_status == 409
        raise (GatewayDown if is_outage else GatewayRefused) from error


def _all(things: Any, account_id: str, **wanted: Any) -> list[Any]:
    with _told_apart():
        page = things.list(wanted | {"limit": 100}, options={"stripe_account": account_id})
        return list(page.auto_paging_iter())


def _from(since: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp())}


def _order(order: CheckoutOrder) -> Any:
    price = {
        "currency": order.amount.currency.lower(),
        "unit_amount": to_stripe(order.amount),
        "product_data": {"name": order.title},
    }
    return {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": [{"quantity": 1, "price_data": price}],
        "client_reference_id": order.reference,
        "payment_intent_data": {"description": order.title, "metadata": {"checkout": order.reference}},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
    }


def _account(account: Any) -> AccountState:
    return AccountState(account_id=account.id, charges_enabled=bool(account.charges_enabled))


def _checkout(session: Any) -> CheckoutState:
    intent = session.payment_intent
    return CheckoutState(
        session_id=session.id,
        reference=session.client_reference_id or "",
        url=session.url or "",
        amount=from_stripe(session.amount_total, session.currency.upper()),
        is_open=session.status == "open",
        is_paid=session.payment_status == "paid",
        is_expired=session.status == "expired",
        payment_reference=intent if isinstance(intent, str) else getattr(intent, "id", "") or "",
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
    )


def _refund(refund: Any) -> RefundAnswer:
    intent, ours = refund.payment_intent, refund.metadata.to_dict() if refund.metadata else {}
    return RefundAnswer(
        refund_reference=refund.id,
        reference=ours.get("refund", ""),
        payment_reference=intent if isinstance(intent, str) else getattr(intent, "id", "") or "",
        amount=from_stripe(refund.amount, refund.currency.upper()),
        is_done=refund.status == "succeeded",
        is_failed=refund.status in {"failed", "canceled"},
    )


def to_stripe(amount: Money) -> int:
    """Return an amount the way Stripe counts it. Raises `GatewayRefused` if it cannot be said there."""
    scaled = amount.decimal.scaleb(_places(amount.currency))
    if scaled != scaled.to_integral_value():
        raise GatewayRefused
    return int(scaled)


def from_stripe(number: int, currency: str) -> Money:
    return Money.parse(Decimal(number).scaleb(-_places(currency)), currency)


def _places(currency: str) -> int:
    return 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE_DECIMALS else 2
