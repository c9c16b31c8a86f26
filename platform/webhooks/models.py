"""Events from Stripe, kept under the id Stripe gave them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class ConnectedAccount(models.Model):
    """Which tenant a Stripe account belongs to. The only way from an event to a tenant."""

    account_id = models.CharField(max_length=64, primary_key=True)
    tenant_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now())


class StripeEvent(models.Model):
    """One event, whatever the number of its deliveries."""

    id = models.CharField(max_length=64, primary_key=True)
    account_id = models.CharField(max_length=64, blank=True)
    tenant_id = models.UUIDField(null=True)  # None: nobody's account; parked for the operators, not dropped
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "received_at"], name="stripe_event_of_tenant")]
