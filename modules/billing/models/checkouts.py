"""The account and the checkouts at the payment gateway."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import LIVE, Checkout
from modules.billing.models.invoices import Invoice


class GatewayAccount(models.Model):
    """The practice's own account at the gateway: its money goes there directly. There is one.

    `idempotency_key` is kept before the gateway is asked, so an answer that was lost does not make a second account.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    idempotency_key = models.UUIDField(default=new_id)
    account_id = models.CharField(max_length=64, blank=True)
    charges_enabled = models.BooleanField(default=False)
    connected_at = models.DateTimeField(null=True)  # since when the platform knows whose account it is

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="gateway_account_is_one")]


class CheckoutSessionQuerySet(models.QuerySet["CheckoutSession"]):
    def live(self) -> CheckoutSessionQuerySet:
        return self.filter(status__in=LIVE)


class CheckoutSession(models.Model):
    """A page at the gateway where one invoice can be paid once. Its id is told to the gateway and comes back with it.

    An invoice has at most one that can be paid. `idempotency_key` is kept before the gateway is asked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="checkouts")
    idempotency_key = models.CharField(max_length=64, unique=True)
    session_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=8, choices=[(c.value, c.value) for c in Checkout])
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    url = models.TextField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    objects = CheckoutSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(status=Checkout.OPENING.value) | Q(status=Checkout.OPEN.value),
                name="checkout_one_live",
            ),
            models.UniqueConstraint(
                fields=["session_id"], condition=~Q(session_id=""), name="checkout_once_per_session"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="checkout_live",
                condition=Q(status=Checkout.OPENING.value) | Q(status=Checkout.OPEN.value),
            )
        ]

    @property
    def subject_id(self) -> UUID:
        return self.invoice.patient_id

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
