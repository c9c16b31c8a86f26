"""What people are asked to agree to, version by version, and what they said to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from modules.crm.domain.consents import digest_of
from modules.crm.domain.drawings import path_of, read_strokes
from modules.crm.domain.profiles import Right
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField


class Purpose(models.TextChoices):
    TREATMENT = "TREATMENT", _("Treatment")
    PRIVACY = "PRIVACY", _("Use of personal data")
    MARKETING = "MARKETING", _("News and offers")
    PICTURES = "PICTURES", _("Pictures and video")
    OTHER = "OTHER", _("Something else")


class Decision(models.TextChoices):
    GIVEN = "GIVEN", _("Signed")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Way(models.TextChoices):
    """How a decision reached us."""

    DEVICE = "DEVICE", _("Here, on our device")
    PAPER = "PAPER", _("On paper")
    PORTAL = "PORTAL", _("On the portal")
    TOLD = "TOLD", _("By word of mouth")


WAY_LABELS = dict(Way.choices)


class Relation(models.TextChoices):
    """Who decides, seen from the patient."""

    SELF = "SELF", _("The patient")
    PARENT = "PARENT", _("A parent")
    GUARDIAN = "GUARDIAN", _("A guardian")
    OWNER = "OWNER", _("The animal’s owner")
    AGENT = "AGENT", _("Somebody they authorised")


class ConsentKind(models.Model):
    """One thing that people are asked to agree to. Its words are in the versions of its text."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=10, choices=Purpose)
    asked_at_check_in = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)  # nobody is asked any more

    def __str__(self) -> str:
        return self.name


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    def published(self) -> ConsentTextQuerySet:
        return self.filter(published_at__isnull=False)

    def current(self) -> ConsentTextQuerySet:
        """The latest published version in each language, of what people are still asked."""
        asked = self.published().filter(kind__ended_at=None)
        return asked.order_by("kind_id", "language", "-version").distinct("kind_id", "language")


class ConsentText(models.Model):
    """A version in one language. Once published it never changes: a trigger refuses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.ForeignKey(ConsentKind, models.PROTECT, related_name="texts")
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=20_000)
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by_id = models.UUIDField(null=True)
    published_by_name = models.CharField(max_length=150, blank=True)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "language", "version"], name="consent_text_version_once"),
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(published_at=None), name="consent_text_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language}, {self.version})"

    @property
    def digest(self) -> str:
        """The SHA-256 of the text as it is shown."""
        return digest_of(self.title, self.body)


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, user: Any) -> ConsentQuerySet:
        return narrow(
            self,
            user,
            "crm.view_consent",
            care=Q(patient__in=read_by(user).values("pk")),
            own=Q(patient__in=patients_of(user.pk, Right.SIGN)),
        )

    def last_words(self) -> ConsentQuerySet:
        """What each patient said last to each thing."""
        return self.order_by("patient_id", "text__kind_id", "-at", "-id").distinct("patient_id", "text__kind_id")


class Consent(models.Model):
    """What somebody said to one version of a text, and what shows that they did. Append-only.

    Withdrawing is another row. `drawing` are the strokes of a signature (`domain/drawings.py`); without one it was
    given by name, which whoever cannot draw does as well.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    way = models.CharField(max_length=8, choices=Way)
    at = models.DateTimeField()
    signed_on = models.DateField()  # the date on the paper; else the day of `at`
    signer_name = models.CharField(max_length=150)
    relation = models.CharField(max_length=10, choices=Relation)
    drawing = SealedTextField(blank=True)
    text_digest = models.CharField(max_length=64)  # SHA-256, in hexadecimal, of what was shown
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    witness = models.CharField(max_length=150, blank=True)  # who saw the paper being signed
    reason = SealedCharField(max_length=200, blank=True)  # why it was withdrawn
    by_id = models.UUIDField()  # whose session it was, at the desk or at home
    by_name = models.CharField(max_length=150)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"], name="consent_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_given(self) -> bool:
        return self.decision == Decision.GIVEN

    @property
    def drawn(self) -> str:
        """The drawing as the path of an SVG, put together from numbers alone."""
        return path_of(read_strokes(self.drawing)) if self.drawing else ""

    @property
    def is_intact(self) -> bool:
        """Test whether the text that is kept is the one that was shown."""
        return self.text_digest == self.text.digest
