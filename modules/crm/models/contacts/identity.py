"""The papers that say who somebody is."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.membership import reach_of
from access.permissions import narrow
from access.presets import Reach
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.contacts.validity import Standing, standing_on
from modules.crm.models.people import Client, Patient
from privacy.fields import BlindIndexField, SealedCharField


class IdentityKind(models.TextChoices):
    PASSPORT = "passport", _("Passport")
    IDENTITY_CARD = "identity_card", _("Identity card")
    DRIVING_LICENCE = "driving_licence", _("Driving licence")
    RESIDENCE_PERMIT = "residence_permit", _("Residence permit")
    BIRTH_CERTIFICATE = "birth_certificate", _("Birth certificate")
    OTHER = "other", _("Other")


class IdentityDocumentQuerySet(models.QuerySet["IdentityDocument"]):
    def of_people_seen_by(self, user: Any) -> IdentityDocumentQuerySet:
        """For whoever may see such papers: those of whose record one sees, and of their clients."""
        rows = narrow(self, user, "crm.view_identity")
        if reach_of(user, "crm.view_patient") is Reach.ALL:
            return rows
        seen = Patient.objects.visible_to(user)
        return rows.filter(Q(patient__in=seen.values("pk")) | Q(client__in=seen.values("client")))

    def of_record(self, patient: Patient) -> IdentityDocumentQuerySet:
        """Those of a patient and of whoever is written to about them."""
        return self.filter(Q(patient=patient) | Q(client=patient.client_id))


@keeps_history
class IdentityDocument(models.Model):
    """A paper of a patient or of a client. `number` is kept without spaces, in capital letters."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="identity_documents")
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="identity_documents")
    kind = models.CharField(max_length=20, choices=IdentityKind)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    number = SealedCharField(max_length=40)
    number_digest = BlindIndexField(of="number")
    issued_by = models.CharField(max_length=120, blank=True)
    valid_until = models.DateField(null=True)  # its last day
    version = models.PositiveIntegerField(default=1, db_default=1)

    objects = IdentityDocumentQuerySet.as_manager()

    kept_out_of_exports = ("number_digest",)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=True, client__isnull=False) | Q(patient__isnull=False, client__isnull=True),
                name="identity_of_one_holder",
            ),
            models.UniqueConstraint(
                fields=["patient", "kind", "country", "number_digest"], name="identity_once_of_a_patient"
            ),
            models.UniqueConstraint(
                fields=["client", "kind", "country", "number_digest"], name="identity_once_of_a_client"
            ),
        ]
        indexes = [models.Index(fields=["number_digest"], name="identity_by_number")]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def holder_name(self) -> str:
        return str(self.patient or self.client)

    @property
    def subject_id(self) -> UUID | None:
        return self.patient_id or self.client_id

    def standing(self, on: date) -> Standing:
        return standing_on(on, first=None, last=self.valid_until)
