"""What billing asks of a payment gateway, and what it answers. No gateway's own words go further than its adapter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.money import Money


class GatewayDown(DomainError):
    """The gateway does not answer. Nothing is lost: asked again with the same key, it knows what it did."""

    status = 503
    code = "payments-unavailable"

    def __init__(self) -> None:
        super().__init__(_("Card payment is not available just now. Nothing was taken. Try again in a few minutes."))


class GatewayRefused(DomainError):
    """The gateway answers, and will not do it."""

    status = 502
    code = "payments-refused"

    def __init__(self) -> None:
        super().__init__(
            _("The payment service did not accept this. Nothing was taken. Ask us for another way to pay.")
        )


class UnknownAtGateway(GatewayRefused):
    """The gateway has no such thing, or not for this account."""

    code = "payments-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    account_id: str
    charges_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """What is to be paid, and where the payer goes afterwards. `title` is all the gateway learns of what it is for."""

    reference: str
    amount: Money
    title: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutState:
    """How a checkout stands. `reference` is the one of its order; `payment_reference` is the gateway's, once paid.

    Neither open nor paid nor expired: the payer has done their part, and the bank has not yet.
    """

    session_id: str
    reference: str
    url: str
    amount: Money
    is_open: bool
    is_paid: bool
    is_expired: bool
    payment_reference: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """What of a payment goes back. `reference` is ours."""

    reference: str
    payment_reference: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAnswer:
    """How a refund stands. Neither done nor failed: it is on its way. `reference` is ours, or "" if it is not of us."""

    refund_reference: str
    reference: str
    payment_reference: str
    amount: Money
    is_done: bool
    is_failed: bool


class PaymentGateway(Protocol):
    """Each call raises `GatewayDown` or `GatewayRefused`. Calls with an idempotency key may be repeated at will."""

    def open_account(self, *, name: str, tenant_id: str, idempotency_key: str) -> AccountState:
        """Make an account for a practice: its own money, its own dashboard."""
        ...

    def look_up_account(self, *, account_id: str) -> AccountState: ...

    def link_to_set_up(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        """Return where the owner proves who they are, so that the account may take charges."""
        ...

    def open_checkout(self, *, account_id: str, order: CheckoutOrder, idempotency_key: str) -> CheckoutState: ...

    def look_up_checkout(self, *, account_id: str, session_id: str) -> CheckoutState: ...

    def refund(self, *, account_id: str, order: RefundOrder, idempotency_key: str) -> RefundAnswer: ...

    def look_up_refund(self, *, account_id: str, refund_reference: str) -> RefundAnswer: ...

    def checkout_behind(self, *, account_id: str, payment_reference: str) -> CheckoutState | None:
        """Return the checkout by which a payment came; None if it came by none."""
        ...

    def checkouts_since(self, *, account_id: str, since: datetime) -> list[CheckoutState]:
        """Return every checkout that was opened since a moment, also those that are not of us."""
        ...

    def refunds_since(self, *, account_id: str, since: datetime) -> list[RefundAnswer]: ...

    def refunds_of(self, *, account_id: str, payment_reference: str) -> list[RefundAnswer]:
        """Return everything of a payment that went back or is on its way, also what was not asked for by us."""
        ...

    def close_checkout(self, *, account_id: str, session_id: str) -> None:
        """Make sure that a checkout can no longer be paid. One that was paid or has expired stays as it is."""
        ...
