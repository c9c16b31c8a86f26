"""What is kept about somebody that was not written here: reports, letters, pictures, with all their versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from filestore.models import StoredFile
from history import keeps_history
from kernel.ids import new_id
from modules.crm.models.episodes import EpisodeOfCare
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField


class Paper(models.TextChoices):
    """The types that everybody has. `OWN` says that it is one of the workspace's own (`DocumentKind`)."""

    REPORT = "REPORT", _("Report")
    IMAGE = "IMAGE", _("Picture")
    LETTER = "LETTER", _("Letter")
    REFERRAL = "REFERRAL", _("Referral")
    CONSENT = "CONSENT", _("Consent on paper")
    INSURANCE = "INSURANCE", _("Insurance")
    OTHER = "OTHER", _("Something else")
    OWN = "OWN", _("One of our own")


class Visibility(models.TextChoices):
    CLINICIANS = "CLINICIANS", _("Those who treat, only")
    STAFF = "STAFF", _("All who see the record")
    SHARED = "SHARED", _("The patient, too")


class ScanState(models.TextChoices):
    """Only `CLEAN` and `UNSCANNED` can be opened. `UNSCANNED` says that nobody looks for viruses here."""

    WAITING = "WAITING", _("Being checked")
    CLEAN = "CLEAN", _("No virus found")
    UNSCANNED = "UNSCANNED", _("Not scanned")
    INFECTED = "INFECTED", _("Virus found")


OPENABLE = (ScanState.CLEAN, ScanState.UNSCANNED)


class DocumentKind(models.Model):
    """A type of the workspace's own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)  # not offered any more

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("name"), condition=Q(ended_at=None), name="document_kind_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: Any) -> DocumentQuerySet:
        """Those of the records one sees; those for whoever treats, where one treats; what was shared with oneself."""
        treated = Q(patient__in=read_by(user).values("pk"))
        shared = Q(patient__in=patients_of(user.pk), visibility=Visibility.SHARED, ended_at=None)
        seen = narrow(self, user, "crm.view_document", care=treated, own=shared)
        clinical = narrow(seen, user, "crm.view_clinical_document", care=treated)
        return seen.filter(~Q(visibility=Visibility.CLINICIANS) | Q(pk__in=clinical.values("pk")))

    def current(self) -> DocumentQuerySet:
        return self.filter(ended_at=None)

    def with_versions(self) -> DocumentQuerySet:
        """With everything that a list says of them: two queries, however many they are."""
        versions = DocumentVersion.objects.select_related("file", "preview").order_by("-number")
        return self.select_related("own_kind").prefetch_related(Prefetch("versions", queryset=versions))


@keeps_history
class Document(models.Model):
    """A report, a letter, a picture: what it is about and who sees it. What it says is in its versions.

    Nothing is deleted: it is ended, with who, when and why, and kept as long as records are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=10, choices=Paper)
    own_kind = models.ForeignKey(DocumentKind, models.PROTECT, null=True, related_name="+")
    title = SealedCharField(max_length=120)
    dated = models.DateField()  # the date on the paper
    visibility = models.CharField(max_length=10, choices=Visibility)
    appointment_id = models.UUIDField(null=True)  # the visit it belongs to; the id stays scheduling's
    episode = models.ForeignKey(EpisodeOfCare, models.PROTECT, null=True, related_name="+")
    from_portal = models.BooleanField(default=False)
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    end_reason = SealedCharField(max_length=200, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="OWN", own_kind__isnull=False) | (~Q(kind="OWN") & Q(own_kind=None)),
                name="document_own_kind_named",
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="document_of_patient"),
            models.Index(fields=["-created_at"], name="document_by_time"),
            models.Index(
                fields=["appointment_id"], name="document_of_visit", condition=Q(appointment_id__isnull=False)
            ),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def kind_label(self) -> str:
        return self.own_kind.name if self.own_kind else str(Paper(self.kind).label)

    @property
    def latest(self) -> DocumentVersion:
        """The version that is shown. There is always one: a document and its first are made together."""
        return max(self.versions.all(), key=lambda each: each.number)


class DocumentVersion(models.Model):
    """One file of a document. Only what was found out about it later is written later: the scan, the preview."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    document = models.ForeignKey(Document, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    name = SealedCharField(max_length=100)  # what whoever sent it called it
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    scan_state = models.CharField(max_length=10, choices=ScanState, default=ScanState.WAITING)
    scanned_at = models.DateTimeField(null=True)
    scanner = models.CharField(max_length=60, blank=True)
    finding = models.CharField(max_length=100, blank=True)
    preview = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_version_once")]
        indexes = [
            models.Index(fields=["added_at"], name="document_version_waiting", condition=Q(scan_state="WAITING"))
        ]

    @property
    def can_be_opened(self) -> bool:
        return self.scan_state in OPENABLE
