"""What was found: diagnoses of an episode of care, in the words of FHIR's Condition."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.models.codes import LONGEST_CODE, LONGEST_DISPLAY
from modules.crm.models.episodes import EpisodeOfCare
from modules.crm.models.people import Patient, read_by
from privacy.fields import BlindIndexField, SealedCharField


class DiagnosisRole(models.TextChoices):
    ARRIVAL = "arrival", _("At arrival")
    WORKING = "working", _("Working diagnosis")
    FINAL = "final", _("Final")


class Verification(models.TextChoices):
    PROVISIONAL = "provisional", _("Provisional")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUTED = "refuted", _("Refuted")
    ERROR = "entered-in-error", _("Entered in error")


HOLDS = (Verification.PROVISIONAL, Verification.CONFIRMED)


class DiagnosisQuerySet(models.QuerySet["Diagnosis"]):
    def visible_to(self, user: Any) -> DiagnosisQuerySet:
        """Those of whom one reads the record."""
        return narrow(self, user, "crm.view_episode", care=Q(patient__in=read_by(user).values("pk")))

    def standing(self) -> DiagnosisQuerySet:
        """What is taken to be so: neither refuted nor a mistake, and not over."""
        return self.filter(verification__in=HOLDS, ended_on=None)


@keeps_history
class Diagnosis(models.Model):
    """What somebody has, as it was called when it was chosen: the list may be another by now. Without a code, in words.

    What it says never changes: another diagnosis is another row, and this one refuted or entered in error.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="diagnoses")
    episode = models.ForeignKey(EpisodeOfCare, models.PROTECT, related_name="diagnoses")
    code = SealedCharField(max_length=LONGEST_CODE, blank=True)
    code_digest = BlindIndexField(of="code")
    display = SealedCharField(max_length=LONGEST_DISPLAY)
    system = models.CharField(max_length=200, blank=True)
    system_name = models.CharField(max_length=80, blank=True)
    system_version = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=7, choices=DiagnosisRole.choices)
    verification = models.CharField(max_length=16, choices=Verification.choices)
    onset_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by_id = models.UUIDField()
    recorded_by_name = models.CharField(max_length=150)
    version = models.PositiveIntegerField(default=1, db_default=1)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=150)

    objects = DiagnosisQuerySet.as_manager()

    kept_out_of_exports = ("code_digest",)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(onset_on=None) | Q(ended_on=None) | Q(ended_on__gte=F("onset_on")),
                name="diagnosis_ends_after_onset",
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-recorded_at"], name="diagnosis_of_patient"),
            models.Index(fields=["episode", "recorded_at"], name="diagnosis_of_episode"),
            models.Index(fields=["code_digest"], condition=~Q(code_digest=""), name="diagnosis_by_code"),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def holds(self) -> bool:
        return self.verification in HOLDS

    @property
    def tone(self) -> str:
        return {Verification.CONFIRMED: "good", Verification.PROVISIONAL: "info"}.get(
            Verification(self.verification), ""
        )
