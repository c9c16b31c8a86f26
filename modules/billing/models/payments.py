"""What was paid on an invoice."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.models.invoices import Invoice, open_to
from modules.billing.models.tills import TillSession

METHOD_LABELS = {
    Method.CASH: _("Cash"),
    Method.CARD: _("Card"),
    Method.BANK_TRANSFER: _("Bank transfer"),
    Method.STRIPE: _("Card, online"),
}


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, user: Any) -> PaymentQuerySet:
        """All for the desk; one's own for patients."""
        return narrow(self, user, "billing.view_payment", own=open_to(user.pk, "invoice__"))


class Payment(models.Model):
    """Money that came in. Append-only. `gateway_reference` is the gateway's own id of it, so it is written once.

    One sum that pays several invoices is a payment on each of them, of the same `receipt`. Cash may have gone through
    the session of a till.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=13, choices=[(m.value, label) for m, label in METHOD_LABELS.items()])
    gateway_reference = models.CharField(max_length=100, blank=True)
    reference = models.CharField(max_length=100, blank=True, default="", db_default="")  # the slip's, or the bank's
    receipt = models.UUIDField(null=True)
    till_session = models.ForeignKey(TillSession, models.PROTECT, null=True, related_name="payments")
    received_at = models.DateTimeField()
    by_id = models.UUIDField(null=True)  # None: it came in by itself, over the gateway
    by_name = models.CharField(max_length=150, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_of_something"),
            models.CheckConstraint(
                condition=~Q(method=Method.STRIPE.value) | ~Q(gateway_reference=""), name="payment_online_has_reference"
            ),
            models.UniqueConstraint(
                fields=["gateway_reference"], condition=~Q(gateway_reference=""), name="payment_once_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(till_session=None) | Q(method=Method.CASH.value), name="payment_through_a_till_is_cash"
            ),
        ]
        indexes = [
            models.Index(fields=["invoice", "received_at"], name="payment_of_invoice"),
            models.Index(fields=["-received_at"], name="payment_by_time"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
