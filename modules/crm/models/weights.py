"""What an animal weighed, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.weights import shown
from modules.crm.models.people import Patient


class WeightQuerySet(models.QuerySet["Weight"]):
    def of_patients_seen_by(self, user: Any) -> WeightQuerySet:
        """Those of the animals whose record one sees."""
        return self.filter(patient__in=Patient.objects.visible_to(user).values("pk"))


@keeps_history
class Weight(models.Model):
    """One weighing of an animal, in grams. One that was mistyped is struck, which its history keeps."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="weights")
    grams = models.PositiveIntegerField()
    measured_at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150)

    objects = WeightQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(grams__gt=0), name="weight_is_something")]
        indexes = [models.Index(fields=["patient", "-measured_at"], name="weight_of_patient")]

    def __str__(self) -> str:
        return shown(self.grams)

    @property
    def subject_id(self) -> UUID:
        return self.patient_id
