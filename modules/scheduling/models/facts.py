"""What was decided about a visit, and by whom. Nothing here is changed or removed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from kernel.money import Money
from modules.scheduling.models.appointments import Appointment


class Override(models.Model):
    """A rule that was set aside for one visit: which, why, by whom. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="overrides")
    rules = ArrayField(models.CharField(max_length=40))  # codes of obstacles, such as "practitioner-booked"
    sentences = ArrayField(models.CharField(max_length=300))  # what stood in the way, as it was said
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["appointment", "at"], name="override_of_appointment")]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason")]


class Side(models.TextChoices):
    PATIENT = "PATIENT", _("the patient")
    PRACTICE = "PRACTICE", _("the practice")
    SYSTEM = "SYSTEM", _("time ran out")


class Cancellation(models.Model):
    """That a visit was called off: when, by whom, on whose side, how late, and what was agreed to pay. Append-only.

    Amounts are in minor units of `currency`; that money moved is for billing to say.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="cancellations")
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)
    side = models.CharField(max_length=10, choices=Side.choices)
    reason = models.CharField(max_length=200, blank=True)
    is_late = models.BooleanField()  # within the notice that the practice asks for
    notice_hours = models.PositiveSmallIntegerField()  # what it asked for then
    fee_minor = models.BigIntegerField(default=0)
    refund_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["appointment", "at"], name="cancellation_of_appointment")]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, refund_minor__gte=0), name="cancellation_amounts_not_negative"
            )
        ]

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def refund(self) -> Money:
        return Money(self.refund_minor, self.currency)
