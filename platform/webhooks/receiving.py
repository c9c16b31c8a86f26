"""Take an event in: check who signed it, keep it once, tell its tenant."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings
from django.db import connection, transaction

from kernel.events import publish
from tenancy import TenantRef
from webhooks.accounts import tenant_behind
from webhooks.events import StripeObjectChanged
from webhooks.models import StripeEvent

logger = logging.getLogger(__name__)

TOLERANCE_SECONDS = 300
LIVE_KEYS = ("sk_live_", "rk_live_")
KEEP = """
INSERT INTO webhooks_stripeevent (id, account_id, tenant_id, type, payload) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


class NotFromStripe(ValueError):
    """The signature is missing, wrong or too old, or what it covers is no event."""


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event whose signature was good."""

    id: str
    type: str
    account_id: str
    object_id: str
    is_live: bool
    payload: dict[str, Any]


def read_signed(body: bytes, *, header: str) -> SignedEvent:
    """Return the event that was signed with our secret, or with one of several while it is being changed.

    Raises `NotFromStripe`.
    """
    text = body.decode(errors="replace")
    if not any(_is_signed(text, header, secret.strip()) for secret in settings.STRIPE_WEBHOOK_SECRET.split(",")):
        raise NotFromStripe("The signature does not fit.")
    try:
        payload = json.loads(text)
        return SignedEvent(
            id=payload["id"],
            type=payload["type"],
            account_id=payload.get("account") or "",
            object_id=payload["data"]["object"].get("id") or "",
            is_live=bool(payload["livemode"]),
            payload=payload,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotFromStripe("This is signed, and is no event.") from None


@transaction.atomic
def take_in(event: SignedEvent) -> bool:
    """Keep an event and tell its tenant, both or neither. False if it was kept before: nobody is told again.

    What is nobody's is kept all the same, for the operators: an account of another deployment, or a test event at the
    live endpoint.
    """
    is_of_our_mode = event.is_live == settings.STRIPE_SECRET_KEY.startswith(LIVE_KEYS)
    tenant = tenant_behind(event.account_id) if is_of_our_mode else None
    with connection.cursor() as cursor:
        kept = [event.id, event.account_id, tenant.id if tenant else None, event.type, json.dumps(event.payload)]
        cursor.execute(KEEP, kept)
        if not cursor.rowcount:
            return False
    if tenant is None:
        logger.warning("Stripe's event %s is nobody's here; it is parked.", event.id)
    else:
        publish(StripeObjectChanged(type=event.type, object_id=event.object_id, event_id=event.id), tenant=tenant)
    return True


def tell_again(tenant: TenantRef, *, since: datetime | None) -> int:
    """Tell a tenant of the events that came after a moment: its room is from before them. Return how many.

    Call among the platform's tables, in a transaction.
    """
    events = StripeEvent.objects.filter(tenant_id=tenant.id).order_by("received_at")
    if since is not None:
        events = events.filter(received_at__gt=since)
    for event in events:
        object_id = event.payload["data"]["object"].get("id") or ""
        publish(StripeObjectChanged(type=event.type, object_id=object_id, event_id=event.pk), tenant=tenant)
    return len(events)


def _is_signed(text: str, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, header, secret, TOLERANCE_SECONDS))
    except stripe.SignatureVerificationError:
        return False
