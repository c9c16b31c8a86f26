"""What people ask to have put right (GDPR, article 16), and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.corrections import FIELDS, LONGEST_STATEMENT, LONGEST_VALUE, CorrectionState
from modules.crm.models.documents import Document
from modules.crm.models.notes import Note
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField

FIELD_LABELS = dict(
    zip(
        FIELDS,
        (
            _("First name"),
            _("Last name"),
            _("Called"),
            _("Date of birth"),
            _("Phone"),
            _("E-mail"),
            _("Street"),
            _("Postal code"),
            _("City"),
        ),
        strict=True,
    )
)
CORRECTION_LABELS = {
    CorrectionState.ASKED: _("Waits for an answer"),
    CorrectionState.ACCEPTED: _("Put right"),
    CorrectionState.REFUSED: _("Not changed"),
}


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, user: Any) -> CorrectionQuerySet:
        """Those of the records one sees, about notes for whoever treats only; on the portal those of whom one answers
        for."""
        treated, own = Q(patient__in=read_by(user).values("pk")), Q(patient__in=patients_of(user.pk))
        seen = narrow(self, user, "crm.view_correction", care=treated, own=own)
        clinical = narrow(seen, user, "crm.view_clinical_correction", care=treated, own=own)
        return seen.filter(Q(note=None) | Q(pk__in=clinical.values("pk")))

    def waiting(self) -> CorrectionQuerySet:
        return self.filter(state=CorrectionState.ASKED)

    def for_display(self) -> CorrectionQuerySet:
        return self.select_related("patient__client", "note", "document")


@keeps_history
class Correction(models.Model):
    """A field with what stands there and what is right; or words about a note, a document, or anything.

    A note is not changed: it is amended, or the words of whom it is about are kept beside it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=30, blank=True, choices=list(FIELD_LABELS.items()))
    note = models.ForeignKey(Note, models.PROTECT, null=True, related_name="corrections")
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="corrections")
    stands = SealedCharField(max_length=LONGEST_VALUE, blank=True)  # in the field, when it was asked
    right = SealedCharField(max_length=LONGEST_VALUE, blank=True)
    words = SealedTextField(blank=True, max_length=LONGEST_STATEMENT)
    state = models.CharField(max_length=8, choices=[(each.value, label) for each, label in CORRECTION_LABELS.items()])
    is_beside = models.BooleanField(default=False)  # the words are kept beside the note
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=150)
    answer = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answered_by_name = models.CharField(max_length=150, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "field"], condition=Q(state="asked") & ~Q(field=""), name="correction_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None) | (~Q(state="asked") & Q(answered_at__isnull=False)),
                name="correction_answered_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-asked_at"], name="correction_of_patient"),
            models.Index(fields=["asked_at"], condition=Q(state="asked"), name="correction_waiting"),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_waiting(self) -> bool:
        return self.state == CorrectionState.ASKED

    @property
    def tone(self) -> str:
        return {CorrectionState.ASKED: "info", CorrectionState.ACCEPTED: "good"}.get(CorrectionState(self.state), "")
