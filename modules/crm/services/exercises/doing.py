"""What people did of their exercises, as they say themselves on the portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from kernel.locking import lock_row
from modules.crm.models import MOST_PAIN, Exercise, ExerciseDay, ExerciseSheet
from modules.crm.models.exercises import LONGEST_WORDS
from modules.crm.models.flags import day_here

TOLD = ("is_done", "pain", "words")


class NotTheirsToTick(NotAllowed):
    code = "exercise-day-not-allowed"


class NotOnSheet(NotFound):
    code = "exercise-unknown"


class DayIsOver(Conflict):
    """What was said of a day is set right on that day only."""

    code = "exercise-day-over"


class DayInvalid(Invalid):
    code = "exercise-day-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody says of an exercise and a day; `pain` from 0 to 10, or None."""

    is_done: bool = True
    pain: int | None = None
    words: str = ""


@transaction.atomic
def note_day(*, sheet: ExerciseSheet, exercise: Exercise, day: date, done: Done, by: Any, at: datetime) -> ExerciseDay:
    """Keep that an exercise was done today, or was not after all. Saying the same twice is saying it once.

    Raises `NotTheirsToTick`, `NotOnSheet`, `DayIsOver` or `DayInvalid`.
    """
    locked = lock_row(ExerciseSheet.objects.for_display(), sheet.pk)
    if reach_of(by, "crm.view_plan") is not Reach.SELF or not by.has_perm("crm.view_plan", locked):
        raise NotTheirsToTick(_("What was done is noted on the portal, by whom it is for."))
    if all(item.exercise_version.exercise_id != exercise.pk for item in locked.latest.items.all()):
        raise NotOnSheet(_("This exercise is not on the sheet any more."))
    if day != day_here(at) or not locked.is_done_on(day):
        raise DayIsOver(_("Only today can be noted, while the sheet holds."))
    if done.pain is not None and not 0 <= done.pain <= MOST_PAIN:
        raise _wrong("pain", _("From 0 to 10."))
    if len(done.words) > LONGEST_WORDS:
        raise _wrong("words", _("At most 500 letters."))
    return _keep(locked, exercise, day, done, by=by, at=at)


def _keep(sheet: ExerciseSheet, exercise: Exercise, day: date, done: Done, *, by: Any, at: datetime) -> ExerciseDay:
    told = {"is_done": done.is_done, "pain": "" if done.pain is None else str(done.pain), "words": done.words.strip()}
    who = {"at": at, "by_id": by.pk, "by_name": str(by)}
    row = ExerciseDay.objects.filter(sheet=sheet, exercise=exercise, day=day).first()
    if row is None:
        row = ExerciseDay.objects.create(sheet=sheet, exercise=exercise, day=day, **told, **who)
        audit.record(action="crm.exerciseday.noted", of=row, by=by, changes=audit.created(row, TOLD))
        return row
    before = audit.snapshot(row, TOLD)
    for name, value in told.items():
        setattr(row, name, value)
    if changes := audit.difference(before, row):
        row.at, row.by_id, row.by_name = at, by.pk, str(by)
        row.save(update_fields=[*TOLD, "at", "by_id", "by_name"])
        audit.record(action="crm.exerciseday.changed", of=row, by=by, changes=changes)
    return row


def _wrong(name: str, sentence: str) -> DayInvalid:
    return DayInvalid(sentence, fields={name: [sentence]})
