"""What is written about somebody by those who treat them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from access.membership import reach_of
from access.permissions import narrow
from access.presets import Reach
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.body.marks import BodyChart, read_chart
from modules.crm.domain.notes import SOAP
from modules.crm.models.note_setup import NoteTemplateVersion, Section
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField

HEADINGS = dict(zip(SOAP, (_("Subjective"), _("Objective"), _("Assessment"), _("Plan")), strict=True))


LONGEST_REASON, LONGEST_NAME = 200, 60
SHOWN_WITH = ("patient__client", "draft", "discipline", "template_version__template")


class Level(models.TextChoices):
    """Who of those who may read a patient's notes reads this one."""

    ALL = "ALL", _("Everybody who reads this patient’s notes")
    DISCIPLINE = "DISCIPLINE", _("My discipline only")
    MINE = "MINE", _("Only me")


class Discipline(models.Model):
    """What somebody is trained in: physiotherapy, psychology."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_NAME)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="discipline_once")]

    def __str__(self) -> str:
        return self.name


class StaffDiscipline(models.Model):
    """Whose discipline it is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField(unique=True)
    discipline = models.ForeignKey(Discipline, models.PROTECT, related_name="+")


def open_to(user: Any) -> Q:
    """Return which notes their level does not close to somebody who may read the patient's notes."""
    own = StaffDiscipline.objects.filter(user_id=user.pk).values("discipline")
    return Q(level=Level.ALL) | Q(author_id=user.pk) | Q(level=Level.DISCIPLINE, discipline__in=own)


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: Any) -> NoteQuerySet:
        """Those of whom one reads the record, as far as their levels let one; a patient sees the signed ones that were
        shared with them, and are not for one discipline only."""
        shared = Q(patient__in=patients_of(user.pk), shared_with_patient=True, signed_at__isnull=False, level=Level.ALL)
        rows = narrow(self, user, "crm.view_note", care=Q(patient__in=read_by(user).values("pk")), own=shared)
        return rows if reach_of(user, "crm.view_note") is Reach.SELF else rows.filter(open_to(user))

    def for_display(self) -> NoteQuerySet:
        return self.select_related(
            "patient__client", "draft", "discipline", "template_version__template"
        ).prefetch_related("amendments", "corrections")


@keeps_history
class Note(models.Model):
    """A clinical note. Once signed it never changes: a trigger refuses.

    Its row is the version that was kept last, its history the earlier ones. What is being typed is in its `draft`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notes")
    appointment_id = models.UUIDField(null=True, unique=True)  # the visit it is about; the id stays scheduling's
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=150)
    subjective = SealedTextField(blank=True)
    objective = SealedTextField(blank=True)
    assessment = SealedTextField(blank=True)
    plan = SealedTextField(blank=True)
    further = SealedTextField(
        blank=True, default="", db_default=""
    )  # JSON: the sections of another form than the usual one
    chart = SealedTextField(blank=True, default="", db_default="")  # JSON: marks on the body, and how strong pain is
    template_version = models.ForeignKey(NoteTemplateVersion, models.PROTECT, null=True, related_name="+")
    shared_with_patient = models.BooleanField(default=False)
    level = models.CharField(max_length=10, choices=Level, default=Level.ALL, db_default=Level.ALL)
    discipline = models.ForeignKey(Discipline, models.PROTECT, null=True, related_name="+")  # the author's, then
    version = models.PositiveIntegerField(default=1, db_default=1)
    written_by_name = models.CharField(max_length=150, blank=True, db_default="")  # this version; empty: the author
    written_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(level="DISCIPLINE") | Q(discipline__isnull=False), name="note_level_has_discipline"
            ),
            models.CheckConstraint(condition=~Q(level="MINE", shared_with_patient=True), name="note_mine_not_shared"),
        ]
        indexes = [models.Index(fields=["patient", "-written_at"], name="note_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def in_work(self) -> NoteDraft | None:
        """What has been typed since the version that was kept last."""
        draft: NoteDraft | None = None if self._state.adding else getattr(self, "draft", None)
        return draft

    @property
    def kept_beside(self) -> list[Any]:
        """What whom it is about said of it, and was kept beside it."""
        return [each for each in self.corrections.all() if each.is_beside]

    @property
    def seen(self) -> str:
        """What tells this state of the text from any other: a writer says which they had before them."""
        return f"{self.version}.{self.in_work.revision if self.in_work else 0}"

    @property
    def kept_texts(self) -> dict[str, str]:
        return texts_in(self, self.headings)

    @property
    def texts(self) -> dict[str, str]:
        """The text of each section, as it is now."""
        return self.kept_texts | (self.in_work.texts if self.in_work else {})

    @property
    def kept_chart(self) -> BodyChart:
        return read_chart(self.chart)

    @property
    def body_chart(self) -> BodyChart:
        """What is marked on the body, and how strong pain is, as it is now."""
        return read_chart(self.in_work.chart) if self.in_work else self.kept_chart

    @property
    def sections_told(self) -> list[dict[str, str]]:
        """The filled sections as plain data."""
        return [{"title": str(heading), "text": text} for heading, text in self.sections]

    @property
    def chart_told(self) -> dict[str, Any]:
        """The chart as plain data, for whoever takes the note along; nothing if nothing is on it."""
        return {} if self.body_chart.is_empty else asdict(self.body_chart)

    @property
    def is_empty(self) -> bool:
        return not self.sections and self.body_chart.is_empty

    def keep(self, texts: Mapping[str, str], chart: str) -> None:
        """Put the text of each section, and the chart, into its row."""
        self.chart = chart
        if self.template_version_id:
            self.further = json.dumps(dict(texts), ensure_ascii=False)
        else:
            for name, text in texts.items():
                setattr(self, name, text)

    @property
    def form(self) -> list[Section]:
        """The sections it is written in: the usual ones, or those of the template that it was begun in."""
        if self.template_version:
            return self.template_version.sections
        return [Section(name, heading) for name, heading in HEADINGS.items()]

    @property
    def headings(self) -> dict[str, Any]:
        """Its sections, in their order, by name."""
        return {section.name: section.heading for section in self.form}

    @property
    def sections(self) -> list[tuple[Any, str]]:
        """The filled sections, in their order, with their headings."""
        texts = self.texts
        return [(heading, texts[name]) for name, heading in self.headings.items() if texts.get(name)]

    @property
    def last_written(self) -> tuple[str, Any]:
        """By whom and when."""
        draft = self.in_work
        return (draft.by_name, draft.saved_at) if draft else (self.written_by_name or self.author_name, self.written_at)


def texts_in(row: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the texts of these sections in the row of a note, or in a former state of it."""
    if not row.template_version_id:
        return {name: getattr(row, name, "") for name in names}
    kept = json.loads(row.further) if row.further else {}
    return {name: kept.get(name, "") for name in names}


class NoteDraft(models.Model):
    """What is being typed into a note, saved every few seconds over what was there. Kept as a version now and then."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    note = models.OneToOneField(Note, models.CASCADE, related_name="draft")
    text = SealedTextField()  # JSON: the text of each section
    chart = SealedTextField(blank=True, default="", db_default="")
    revision = models.PositiveIntegerField(default=1)
    tab = models.CharField(max_length=40, blank=True)  # the window that saved it last
    step = models.PositiveIntegerField(default=0)  # how far that window was: what it sent before may arrive after
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    @property
    def subject_id(self) -> UUID:
        return self.note.patient_id

    @property
    def texts(self) -> dict[str, str]:
        return dict(json.loads(self.text))

    @texts.setter
    def texts(self, texts: dict[str, str]) -> None:
        self.text = json.dumps(texts, ensure_ascii=False)


class NoteAmendment(models.Model):
    """What was added to a signed note, or put right in it, and why. Signed as it is written; append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    note = models.ForeignKey(Note, models.PROTECT, related_name="amendments")
    text = SealedTextField()
    reason = SealedCharField(max_length=LONGEST_REASON)
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=150)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["signed_at", "id"]

    @property
    def subject_id(self) -> UUID:
        return self.note.patient_id
