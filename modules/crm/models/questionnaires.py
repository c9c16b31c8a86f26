"""Forms that people are asked to fill in: the form, its versions, of whom it is asked, and what they answered."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from modules.crm.domain.drawings import path_of, read_strokes
from modules.crm.domain.questionnaires.content import Content
from modules.crm.models.consents import Relation
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField

LONGEST_FORM_NAME = 80


class FormPurpose(models.TextChoices):
    INTAKE = "INTAKE", _("Before treatment")
    OUTCOME = "OUTCOME", _("How it goes")


class Occasion(models.TextChoices):
    """When a form is asked for by itself."""

    BY_HAND = "BY_HAND", _("Only when somebody asks for it")
    NEW_PATIENT = "NEW_PATIENT", _("Of everybody who is new here")
    FIRST_VISIT = "FIRST_VISIT", _("Before somebody’s first visit")
    AFTER_VISIT = "AFTER_VISIT", _("Some days after a visit")
    IN_EPISODE = "IN_EPISODE", _("Every few weeks while somebody is treated")


class Questionnaire(models.Model):
    """A form. What it asks is in its versions; `draft` is what the next one will ask (`domain.questionnaires`).

    `is_clinical`: what is answered is for those who treat. `after` counts days or weeks, as the occasion says.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_FORM_NAME)
    purpose = models.CharField(max_length=10, choices=FormPurpose)
    is_clinical = models.BooleanField(default=True)
    occasion = models.CharField(max_length=12, choices=Occasion, default=Occasion.BY_HAND)
    after = models.PositiveSmallIntegerField(default=0)
    due_days = models.PositiveSmallIntegerField(default=7)
    remind_days = models.PositiveSmallIntegerField(default=3)
    draft = models.JSONField(default=dict)
    draft_number = models.PositiveIntegerField(default=1)  # of the state of the draft: two who write at once are told
    ended_at = models.DateTimeField(null=True)  # nobody is asked any more

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(ended_at=None), name="questionnaire_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def content(self) -> Content:
        return Content.model_validate(self.draft)


class QuestionnaireVersionQuerySet(models.QuerySet["QuestionnaireVersion"]):
    def current(self) -> QuestionnaireVersionQuerySet:
        """The latest version of each form that people are asked for."""
        rows = self.filter(questionnaire__ended_at=None).select_related("questionnaire")
        return rows.order_by("questionnaire_id", "-number").distinct("questionnaire_id")


class QuestionnaireVersion(models.Model):
    """What a form asks, from when until a newer one came. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parts = models.JSONField()
    published_at = models.DateTimeField()
    published_by_id = models.UUIDField(null=True)
    published_by_name = models.CharField(max_length=150)

    objects = QuestionnaireVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["questionnaire", "number"], name="questionnaire_version_once")]

    def __str__(self) -> str:
        return f"{self.questionnaire.name} ({self.number})"

    @property
    def content(self) -> Content:
        return Content.model_validate(self.parts)


class FormState(models.TextChoices):
    ASKED = "ASKED", _("Waits to be filled in")
    SUBMITTED = "SUBMITTED", _("Filled in")
    WITHDRAWN = "WITHDRAWN", _("Not needed any more")


class AskedFormQuerySet(models.QuerySet["AskedForm"]):
    def visible_to(self, user: Any) -> AskedFormQuerySet:
        return narrow(
            self,
            user,
            "crm.view_form",
            care=Q(patient__in=read_by(user).values("pk")),
            own=Q(patient__in=patients_of(user.pk)),
        )

    def waiting(self) -> AskedFormQuerySet:
        return self.filter(state=FormState.ASKED)

    def for_display(self) -> AskedFormQuerySet:
        return self.select_related("patient__client", "version__questionnaire", "filled__review", "in_work")


class AskedForm(models.Model):
    """One version of a form, asked of somebody: answered once, or not needed any more.

    `cause` is set where it was asked for by itself: there is never a second of one cause. `digest` is of the secret in
    the address that the mail has, which leads here until `until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="asked_forms")
    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=FormState, default=FormState.ASKED)
    cause = models.CharField(max_length=120, null=True)
    appointment_id = models.UUIDField(null=True)  # the visit that it is for; the id stays scheduling's
    due_on = models.DateField()
    until = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True)
    next_reminder_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=150, blank=True)

    objects = AskedFormQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cause"], condition=Q(cause__isnull=False), name="asked_form_cause_once")
        ]
        indexes = [
            models.Index(fields=["patient", "-asked_at"], name="asked_form_of_patient"),
            models.Index(fields=["next_reminder_at"], name="asked_form_to_remind", condition=Q(state="ASKED")),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def name(self) -> str:
        return self.version.questionnaire.name

    @property
    def is_waiting(self) -> bool:
        return self.state == FormState.ASKED

    @property
    def draft(self) -> FormDraft | None:
        return getattr(self, "in_work", None)

    @property
    def answered(self) -> FilledForm | None:
        return getattr(self, "filled", None)

    @property
    def waits_for_review(self) -> bool:
        return self.answered is not None and not self.answered.is_reviewed


class FormDraft(models.Model):
    """What is being typed into a form, saved every few seconds over what was there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asked = models.OneToOneField(AskedForm, models.CASCADE, related_name="in_work")
    text = SealedTextField()  # JSON: the answers by question
    revision = models.PositiveIntegerField(default=0)
    tab = models.CharField(max_length=40, blank=True)  # the window that saved it last
    step = models.PositiveIntegerField(default=0)  # how far that window was: what it sent before may arrive after
    saved_at = models.DateTimeField()

    @property
    def subject_id(self) -> UUID:
        return self.asked.patient_id

    @property
    def answers(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @answers.setter
    def answers(self, answers: dict[str, Any]) -> None:
        self.text = json.dumps(answers, ensure_ascii=False)


class FilledFormQuerySet(models.QuerySet["FilledForm"]):
    def visible_to(self, user: Any) -> FilledFormQuerySet:
        """Those of the records one sees; clinical ones where one treats; one's own."""
        treated = Q(patient__in=read_by(user).values("pk"))
        own = Q(patient__in=patients_of(user.pk))
        seen = narrow(self, user, "crm.read_answers", care=treated, own=own)
        clinical = narrow(seen, user, "crm.read_clinical_answers", care=treated, own=own)
        return seen.filter(Q(version__questionnaire__is_clinical=False) | Q(pk__in=clinical.values("pk")))

    def unreviewed(self) -> FilledFormQuerySet:
        return self.filter(review=None)

    def for_display(self) -> FilledFormQuerySet:
        return self.select_related("patient__client", "version__questionnaire", "asked", "review")


class FilledForm(models.Model):
    """What somebody answered to one version of a form, what it adds up to, and what shows that it was them.

    Append-only. `text_digest` is of the questions and the answers as they were sent.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asked = models.OneToOneField(AskedForm, models.PROTECT, related_name="filled")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="filled_forms")
    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    text = SealedTextField()  # JSON: the answers by question
    score = SealedTextField(blank=True)  # JSON: what they add up to
    at = models.DateTimeField()
    by_link = models.BooleanField()
    signer_name = models.CharField(max_length=150, blank=True)
    relation = models.CharField(max_length=10, choices=Relation, blank=True)
    drawing = SealedTextField(blank=True)
    text_digest = SealedCharField(max_length=64)  # SHA-256, in hexadecimal: a plain one would tell short answers
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    objects = FilledFormQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"], name="filled_form_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def name(self) -> str:
        return self.version.questionnaire.name

    @property
    def answers(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def result(self) -> dict[str, Any] | None:
        """What the answers add up to: `value` (None if too few were given) and `meaning`; None without a score."""
        return json.loads(self.score) if self.score else None

    @property
    def drawn(self) -> str:
        """The drawing as the path of an SVG, put together from numbers alone."""
        return path_of(read_strokes(self.drawing)) if self.drawing else ""

    @property
    def is_reviewed(self) -> bool:
        return hasattr(self, "review")


class FormReview(models.Model):
    """That somebody who may has read the answers. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    filled = models.OneToOneField(FilledForm, models.PROTECT, related_name="review")
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    @property
    def subject_id(self) -> UUID:
        return self.filled.patient_id
