"""Illness histories: what somebody is treated for, from the first visit to the last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.episodes import OPEN, EpisodeStatus
from modules.crm.models.people import Patient, read_by
from privacy.fields import SealedCharField, SealedTextField

EPISODE_LABELS = {
    EpisodeStatus.PLANNED: _("Planned"),
    EpisodeStatus.ACTIVE: _("Active"),
    EpisodeStatus.ONHOLD: _("On hold"),
    EpisodeStatus.FINISHED: _("Closed"),
    EpisodeStatus.CANCELLED: _("Cancelled"),
}


class EpisodeQuerySet(models.QuerySet["EpisodeOfCare"]):
    def visible_to(self, user: Any) -> EpisodeQuerySet:
        """Those of whom one reads the record."""
        return narrow(self, user, "crm.view_episode", care=Q(patient__in=read_by(user).values("pk")))

    def going_on(self) -> EpisodeQuerySet:
        return self.filter(status__in=OPEN)


@keeps_history
class EpisodeOfCare(models.Model):
    """What a patient is treated for. `opened_for` is the visit at whose check-in it began."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="episodes")
    status = models.CharField(max_length=9, choices=[(each.value, label) for each, label in EPISODE_LABELS.items()])
    care_manager_id = models.UUIDField()  # the practitioner; the id stays scheduling's
    care_manager_name = models.CharField(max_length=150)
    title = SealedCharField(max_length=120, blank=True)
    arrival_diagnosis = SealedTextField(blank=True)
    final_diagnosis = SealedTextField(blank=True)
    opened_at = models.DateTimeField()
    opened_for = models.UUIDField(unique=True)  # the id stays scheduling's, too
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_by_name = models.CharField(max_length=150, blank=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                # Written as alternatives: Postgres would print an IN list differently each time its DDL is replayed.
                condition=(Q(closed_at__isnull=False) & (Q(status="finished") | Q(status="cancelled")))
                | (Q(closed_at=None) & (Q(status="planned") | Q(status="active") | Q(status="onhold"))),
                name="episode_closed_when_over",
            )
        ]
        indexes = [models.Index(fields=["patient", "-opened_at"], name="episode_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
