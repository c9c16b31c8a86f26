"""Payment gateways: one port, one adapter so far. Another joins beside it without touching an invoice."""

from __future__ import annotations

from django.conf import settings

from modules.billing.gateways.port import GatewayDown, PaymentGateway
from modules.billing.gateways.stripe import StripeGateway

EVERYBODYS_KEY = "sk_test_atrium_demo"


def gateway() -> PaymentGateway:
    """Return the gateway of this deployment. Raises `GatewayDown` where there is none.

    The demo's key opens the stand-in and nothing else; without the stand-in there is nobody to ask.
    """
    if settings.STRIPE_SECRET_KEY == EVERYBODYS_KEY and not settings.STRIPE_API_BASE:
        raise GatewayDown
    return StripeGateway(key=settings.STRIPE_SECRET_KEY, base=settings.STRIPE_API_BASE)
