"""What is written about somebody by those who treat them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.models.people import Patient, read_by
from privacy.fields import SealedTextField


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: Any) -> NoteQuerySet:
        """Those of whom one reads the record; a patient sees the signed ones that were shared with them."""
        shared = Q(patient__client__user_id=user.pk, shared_with_patient=True, signed_at__isnull=False)
        return narrow(self, user, "crm.view_note", care=Q(patient__in=read_by(user).values("pk")), own=shared)


@keeps_history
class Note(models.Model):
    """A clinical note in the SOAP form. Once signed it never changes: a trigger refuses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notes")
    appointment_id = models.UUIDField(null=True, unique=True)  # the visit it is about; the id stays scheduling's
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=150)
    subjective = SealedTextField(blank=True)
    objective = SealedTextField(blank=True)
    assessment = SealedTextField(blank=True)
    plan = SealedTextField(blank=True)
    shared_with_patient = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "-written_at"], name="note_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def sections(self) -> list[tuple[Any, str]]:
        """The filled sections, in their order, with their headings."""
        headings = {
            "subjective": _("Subjective"),
            "objective": _("Objective"),
            "assessment": _("Assessment"),
            "plan": _("Plan"),
        }
        return [(heading, getattr(self, field)) for field, heading in headings.items() if getattr(self, field)]
