"""What becomes of an invoice's money beside payments: credit that is used, money that goes back, debts given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.models.invoices import Invoice, open_to
from modules.billing.models.payments import METHOD_LABELS, Payment
from modules.billing.models.tills import TillSession


class SettlingQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> SettlingQuerySet:
        """All for the desk; those of their own invoices for patients."""
        return narrow(self, user, "billing.view_payment", own=lambda: open_to(user.pk, self.model.whose))


class Settling(models.Model):
    """So much of an invoice's money, when it was written down and by whom. Amounts in minor units."""

    whose = "invoice__"  # leads to the invoice, as in a filter

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)

    objects = SettlingQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class CreditUse(Settling):
    """What was paid too much on one invoice pays another of the same client. Append-only; a trigger counts both."""

    whose = "target__"

    source = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_given")
    target = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_taken")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="credit_use_of_something"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="credit_use_elsewhere"),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.target.patient_id


class RefundKind(models.TextChoices):
    PAID_BACK = "PAID_BACK", _("Paid back")  # of what was paid too much
    TAKEN_BACK = "TAKEN_BACK", _("Payment taken back")  # it was a mistake, or bounced: the invoice is owed again


class RefundState(models.TextChoices):
    ASKED = "ASKED", _("On its way")  # at the gateway
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")  # it did not arrive: the client has the credit again


class Refund(Settling):
    """Money of an invoice that goes back, by which way, and of which payment if it is one's.

    It counts from the moment in which it is asked for, so nobody has the same money twice; one that fails is counted
    back; at the gateway that happens even after it was done. Only `state`, `gateway_reference` and `finished_at` ever
    change, and only forward: a trigger sees to it.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="refunds")
    kind = models.CharField(max_length=10, choices=RefundKind)
    method = models.CharField(max_length=13, choices=[(m.value, label) for m, label in METHOD_LABELS.items()])
    reason = models.CharField(max_length=200)
    till_session = models.ForeignKey(TillSession, models.PROTECT, null=True, related_name="refunds")
    state = models.CharField(max_length=6, choices=RefundState)
    idempotency_key = models.CharField(max_length=100, blank=True)
    gateway_reference = models.CharField(max_length=100, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_of_something"),
            models.CheckConstraint(
                condition=Q(method=Method.STRIPE.value, payment__isnull=False) & ~Q(idempotency_key="")
                | (~Q(method=Method.STRIPE.value) & Q(idempotency_key="", state=RefundState.DONE.value)),
                name="refund_at_the_gateway_has_a_key",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RefundKind.TAKEN_BACK.value) | Q(payment__isnull=False),
                name="refund_takes_back_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(state=RefundState.ASKED.value, finished_at=None)
                | (~Q(state=RefundState.ASKED.value) & Q(finished_at__isnull=False)),
                name="refund_finished_or_asked",
            ),
            models.UniqueConstraint(
                fields=["gateway_reference"], condition=~Q(gateway_reference=""), name="refund_once_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(till_session=None) | Q(method=Method.CASH.value), name="refund_through_a_till_is_cash"
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(state="ASKED"), name="refund_on_its_way")]

    @property
    def subject_id(self) -> UUID:
        return self.invoice.patient_id


class WriteOff(Settling):
    """What of an invoice is given up; below zero, what is owed again after all. Append-only; a trigger counts."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs")
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="write_off_of_something")]

    @property
    def subject_id(self) -> UUID:
        return self.invoice.patient_id
