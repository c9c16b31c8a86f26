"""Measures of patients over time, in the words of FHIR's Observation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.measures import Bounds, number_shown, unit_shown, with_unit
from modules.crm.models.notes import Note
from modules.crm.models.people import Patient, read_by
from privacy.fields import SealedCharField


class MeasureStatus(models.TextChoices):
    FINAL = "final", _("Measured")
    CORRECTED = "corrected", _("Corrected")
    ERROR = "entered-in-error", _("Entered in error")


@keeps_history
class MeasureKind(models.Model):
    """What a workspace measures. Its unit and decimals stay: a number means the same as long as it is there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    unit = models.CharField(max_length=20)  # by UCUM
    decimals = models.PositiveSmallIntegerField(default=0)
    lowest = models.DecimalField(max_digits=11, decimal_places=3)
    highest = models.DecimalField(max_digits=11, decimal_places=3)
    normal_low = models.DecimalField(max_digits=11, decimal_places=3, null=True)
    normal_high = models.DecimalField(max_digits=11, decimal_places=3, null=True)
    ended_at = models.DateTimeField(null=True)  # offered no more

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(ended_at=None), name="measure_kind_once"),
            models.CheckConstraint(condition=Q(lowest__lt=F("highest")), name="measure_kind_has_room"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            lowest=self.lowest, highest=self.highest, normal_low=self.normal_low, normal_high=self.normal_high
        )

    @property
    def unit_shown(self) -> str:
        return unit_shown(self.unit)

    @property
    def span_shown(self) -> str:
        return f"{number_shown(self.lowest)}–{number_shown(self.highest)} {self.unit_shown}".rstrip()

    @property
    def normal_shown(self) -> str:
        """What is usual, as people write it: nothing if nobody said."""
        low, high = self.normal_low, self.normal_high
        if low is not None and high is not None:
            return f"{number_shown(low)}–{number_shown(high)} {self.unit_shown}".rstrip()
        if low is None and high is None:
            return ""
        told = f"≥ {number_shown(low)}" if low is not None else f"≤ {number_shown(high or Decimal())}"
        return with_unit(told, self.unit)


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def visible_to(self, user: Any) -> MeasurementQuerySet:
        """Those of whom one reads the record."""
        return narrow(self, user, "crm.view_measure", care=Q(patient__in=read_by(user).values("pk")))

    def standing(self) -> MeasurementQuerySet:
        return self.exclude(status=MeasureStatus.ERROR)


@keeps_history
class Measurement(models.Model):
    """A value at a time. It never changes: a wrong one is marked as an error, and the right one is another row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="measurements")
    kind = models.ForeignKey(MeasureKind, models.PROTECT, related_name="measurements")
    number = SealedCharField(max_length=16)
    method = SealedCharField(max_length=80, blank=True)
    comment = SealedCharField(max_length=300, blank=True)
    at = models.DateTimeField()
    note = models.ForeignKey(Note, models.PROTECT, null=True, related_name="measurements")
    appointment_id = models.UUIDField(null=True)  # the id stays scheduling's
    status = models.CharField(max_length=16, choices=MeasureStatus.choices, default=MeasureStatus.FINAL)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    reason = SealedCharField(max_length=200, blank=True)  # why it was a mistake
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "kind", "-at"], name="measurement_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def value(self) -> Decimal:
        return Decimal(self.number)

    @property
    def shown(self) -> str:
        return with_unit(number_shown(self.value), self.kind.unit)

    @property
    def beyond(self) -> str:
        """Whether it is lower or higher than usual, by what is usual now."""
        return self.kind.bounds.beyond(self.value)

    @property
    def is_error(self) -> bool:
        return self.status == MeasureStatus.ERROR
