"""What was made one, kept for as long as it can be taken apart again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from kernel.ids import new_id
from modules.crm.models.people import Client, Patient
from privacy.fields import SealedTextField

CAN_BE_UNDONE_FOR = timedelta(days=30)


class MergeQuerySet(models.QuerySet["Merge"]):
    def of_patients_seen_by(self, user: Any) -> MergeQuerySet:
        seen = Patient.objects.visible_to(user)
        return self.filter(Q(patient__in=seen) | Q(patient=None, client__patients__in=seen)).distinct()

    def undoable(self, at: datetime) -> MergeQuerySet:
        return self.filter(undone_at=None, at__gt=at - CAN_BE_UNDONE_FOR)


class Merge(models.Model):
    """Records that became one. `patient` and `client` stayed; a merge of clients alone has no patient.

    `changes` has the values that were before and came after, by model, row and field, in JSON.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    changes = SealedTextField(blank=True)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)
    undone_by_id = models.UUIDField(null=True)
    undone_by_name = models.CharField(max_length=150, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="merge_by_age")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id or self.client_id

    @property
    def last_moment(self) -> datetime:
        return self.at + CAN_BE_UNDONE_FOR


class Move(models.Model):
    """A row that went from one record to another in a merge: which column of it was what, and became what.

    `crm_consent` is frozen: a trigger moves its rows when they are written down here, and back when that is.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moves")
    model = models.CharField(max_length=60)
    row = models.CharField(max_length=40)
    column = models.CharField(max_length=40)
    was = models.UUIDField()
    became = models.UUIDField()
    put_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "model", "row", "column"], name="moved_once_in_a_merge")
        ]
