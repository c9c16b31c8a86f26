"""Discounts and surcharges, the usual reasons for them, and how much each role may give."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from access.models import Role
from history import keeps_history
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain import adjustments
from modules.billing.domain.adjustments import Kind
from modules.billing.models.invoices import Invoice, InvoiceLine

LONGEST_REASON = 200
KIND_LABELS = {Kind.DISCOUNT: _("Discount"), Kind.SURCHARGE: _("Surcharge")}


@keeps_history
class Adjustment(models.Model):
    """That a line of an invoice, or all of it, costs less or more: by so many per cent, or by an amount.

    `total_minor` is what that comes to, as prices are written there, never below nothing. Once the invoice is issued
    it never changes, as its lines do not. `limit_percent` is what its giver's role could give then without asking.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="adjustments")
    line = models.ForeignKey(InvoiceLine, models.PROTECT, null=True, related_name="adjustments")  # None: on all of it
    kind = models.CharField(max_length=9, choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_minor = models.BigIntegerField(null=True)
    total_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    limit_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # None: there was none
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, amount_minor=None) | Q(percent=None, amount_minor__gt=0),
                name="adjustment_share_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.SURCHARGE.value)
                | Q(kind=Kind.DISCOUNT.value) & (Q(percent=None) | Q(percent__lte=100)),
                name="adjustment_discount_is_a_part",
            ),
            models.CheckConstraint(condition=Q(total_minor__gte=0), name="adjustment_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def subject_id(self) -> Any:
        return self.invoice.patient_id

    @property
    def amount(self) -> Money | None:
        return Money(self.amount_minor, self.currency) if self.amount_minor is not None else None

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def change(self) -> Money:
        """What it does to the price: below nothing for a discount."""
        return -self.total if self.is_discount else self.total

    @property
    def is_discount(self) -> bool:
        return self.kind == Kind.DISCOUNT

    def as_value(self) -> adjustments.Adjustment:
        return adjustments.Adjustment(kind=Kind(self.kind), percent=self.percent, amount=self.amount)


class DiscountReason(models.Model):
    """A reason for a discount that is offered to choose from. Others may be typed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.CharField(max_length=LONGEST_REASON)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("text"), condition=Q(ended_at=None), name="discount_reason_once"),
            models.CheckConstraint(condition=~Q(text=""), name="discount_reason_says_something"),
        ]

    def __str__(self) -> str:
        return self.text


class DiscountLimit(models.Model):
    """How many per cent whoever has a role may give without asking; None: as much as they like."""

    role = models.CharField(max_length=20, primary_key=True, choices=Role)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent=None) | Q(percent__gte=0, percent__lte=100), name="discount_limit_is_a_share"
            )
        ]
