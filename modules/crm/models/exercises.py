"""Exercises for at home: the practice's library, the sheets that people are given, and what they did."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from access.permissions import narrow
from filestore.models import StoredFile
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.exercises import Dose
from modules.crm.models.people import Patient, read_by
from modules.crm.models.plans import TreatmentPlan
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField

LONGEST_EXERCISE_NAME, LONGEST_STEPS, LONGEST_WORDS = 80, 2_000, 500
MOST_PAIN, EVERY_DAY = 10, 7


class BodyRegion(models.TextChoices):
    NECK = "NECK", _("Neck")
    SHOULDER = "SHOULDER", _("Shoulder")
    ARM = "ARM", _("Arm and hand")
    BACK = "BACK", _("Back")
    HIP = "HIP", _("Hip")
    KNEE = "KNEE", _("Knee")
    FOOT = "FOOT", _("Ankle and foot")
    WHOLE = "WHOLE", _("Whole body")
    FORE = "FORE", _("Front legs")
    HIND = "HIND", _("Hind legs")


class DoseMixin(models.Model):
    sets = models.PositiveSmallIntegerField(null=True)
    repetitions = models.PositiveSmallIntegerField(null=True)
    hold_seconds = models.PositiveSmallIntegerField(null=True)
    times_per_week = models.PositiveSmallIntegerField(null=True)

    class Meta:
        abstract = True

    @property
    def dose(self) -> Dose:
        return Dose(
            sets=self.sets,
            repetitions=self.repetitions,
            hold_seconds=self.hold_seconds,
            times_per_week=self.times_per_week,
        )

    @property
    def dose_shown(self) -> str:
        """How much of it, in words: 3 sets, 10 repetitions, hold for 5 seconds, every day."""
        n = self.sets, self.repetitions, self.hold_seconds, self.times_per_week
        said = (
            n[0] and ngettext("%(n)d set", "%(n)d sets", n[0]) % {"n": n[0]},
            n[1] and ngettext("%(n)d repetition", "%(n)d repetitions", n[1]) % {"n": n[1]},
            n[2] and ngettext("hold for %(n)d second", "hold for %(n)d seconds", n[2]) % {"n": n[2]},
            n[3] and n[3] < EVERY_DAY and ngettext("%(n)d day a week", "%(n)d days a week", n[3]) % {"n": n[3]},
            n[3] == EVERY_DAY and str(_("every day")),
        )
        return ", ".join(str(each) for each in said if each)


class Exercise(models.Model):
    """One exercise of the library. How it is done is in its versions: a sheet keeps the one it was given."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_EXERCISE_NAME)
    ended_at = models.DateTimeField(null=True)  # it goes on no new sheet

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), condition=Q(ended_at=None), name="exercise_name_once")]

    def __str__(self) -> str:
        return self.name


class ExerciseVersionQuerySet(models.QuerySet["ExerciseVersion"]):
    def current(self) -> ExerciseVersionQuerySet:
        """The latest version of each exercise that goes on new sheets."""
        rows = self.filter(exercise__ended_at=None).select_related("exercise", "picture")
        return rows.order_by("exercise_id", "-number").distinct("exercise_id")


class ExerciseVersion(DoseMixin):
    """How an exercise is done, and how much of it is usual, until a newer version came. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=LONGEST_EXERCISE_NAME)
    steps = models.TextField()  # a line is a step
    region = models.CharField(max_length=8, choices=BodyRegion)
    equipment = models.CharField(max_length=120, blank=True)
    cautions = models.CharField(max_length=300, blank=True)
    video_url = models.CharField(max_length=300, blank=True)
    picture = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    made_by_name = models.CharField(max_length=150)

    objects = ExerciseVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exercise", "number"], name="exercise_version_once")]

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.steps.splitlines() if line.strip()]


class SheetQuerySet(models.QuerySet["ExerciseSheet"]):
    def visible_to(self, user: Any) -> SheetQuerySet:
        """Those of whom one reads the record; on the portal the ones that were sent, of those one answers for."""
        sent = Q(patient__in=patients_of(user.pk), shared=True)
        return narrow(self, user, "crm.view_plan", care=Q(patient__in=read_by(user).values("pk")), own=sent)

    def in_force(self, on: date) -> SheetQuerySet:
        return self.filter(Q(until=None) | Q(until__gte=on), ended_at=None)

    def for_display(self) -> SheetQuerySet:
        """With all versions and what is on them: three queries, however many there are."""
        items = SheetItem.objects.select_related("exercise_version__picture").order_by("position")
        versions = SheetVersion.objects.order_by("-number").prefetch_related(Prefetch("items", items))
        return self.select_related("patient__client", "plan").prefetch_related(Prefetch("versions", versions))


@keeps_history
class ExerciseSheet(models.Model):
    """What somebody does at home, from when until when. What is on it is in its versions, the latest of which holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="exercise_sheets")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, null=True, related_name="exercise_sheets")
    since = models.DateField()
    until = models.DateField(null=True)  # the last day
    shared = models.BooleanField(default=False)  # it was sent to the portal
    version = models.PositiveIntegerField(default=1, db_default=1)
    told_version = models.PositiveIntegerField(null=True)  # the one that the last mail told of
    ended_at = models.DateTimeField(null=True)
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="sheet_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="sheet_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def latest(self) -> SheetVersion:
        """What holds. There is always one: a sheet and its first version are made together."""
        return max(self.versions.all(), key=lambda each: each.number)

    @property
    def former(self) -> list[SheetVersion]:
        return sorted(self.versions.all(), key=lambda each: -each.number)[1:]

    def is_in_force(self, on: date) -> bool:
        return self.ended_at is None and (self.until is None or on <= self.until)

    def is_done_on(self, day: date) -> bool:
        """Test whether it is to be done on a day."""
        return self.since <= day and self.is_in_force(day)


class SheetVersion(models.Model):
    """What a sheet said, until it was changed. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sheet = models.ForeignKey(ExerciseSheet, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = SealedCharField(max_length=120)
    words = SealedTextField(blank=True)
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    made_by_name = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "number"], name="sheet_version_once")]

    @property
    def subject_id(self) -> UUID:
        return self.sheet.patient_id


class SheetItem(DoseMixin):
    """One exercise of a version, with how much of it and what to mind. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(SheetVersion, models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    exercise_version = models.ForeignKey(ExerciseVersion, models.PROTECT, related_name="+")
    words = SealedCharField(max_length=LONGEST_WORDS, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="sheet_item_once")]

    @property
    def subject_id(self) -> UUID:
        return self.version.sheet.patient_id


@keeps_history
class ExerciseDay(models.Model):
    """That somebody did an exercise on a day, or not after all, and how it was: one row for each and day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sheet = models.ForeignKey(ExerciseSheet, models.PROTECT, related_name="days")
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+")
    day = models.DateField()
    is_done = models.BooleanField()
    pain = SealedCharField(max_length=2, blank=True)  # 0 to 10
    words = SealedCharField(max_length=LONGEST_WORDS, blank=True)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "exercise", "day"], name="exercise_once_a_day")]

    @property
    def subject_id(self) -> UUID:
        return self.sheet.patient_id
