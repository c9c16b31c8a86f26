"""Sheets of exercises that people are given: composed, changed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.exercises import MOST_EXERCISES, Dose
from modules.crm.models import ExerciseSheet, ExerciseVersion, Patient, SheetItem, SheetVersion, TreatmentPlan
from modules.crm.models.exercises import LONGEST_WORDS
from modules.crm.services.exercises.library import dose_problems
from notify.sending import send

OWN = ("plan_id", "since", "until", "shared")


class SheetInvalid(Invalid):
    code = "exercise-sheet-invalid"


class SheetChanged(Conflict):
    """Somebody else changed it since it was looked at."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, version: int) -> None:
        super().__init__(detail)
        self.version = version

    def extra(self) -> dict[str, object]:
        return {"current": {"version": self.version}}


class SheetEnded(Conflict):
    code = "exercise-sheet-ended"


class NotTheirsToPrescribe(NotAllowed):
    code = "exercise-sheet-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetails:
    """An exercise of the library; what the dose does not say is as usual."""

    exercise_id: UUID
    dose: Dose = field(default_factory=Dose)
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDetails:
    """`items` are in the order in which they are done. `shared` sends it to the portal."""

    title: str
    since: date
    until: date | None = None
    words: str = ""
    plan_id: UUID | None = None
    shared: bool = False
    items: Sequence[ItemDetails] = field(default=())


@transaction.atomic
def compose_sheet(*, patient: Patient, details: SheetDetails, by: Any, at: datetime) -> ExerciseSheet:
    """Give a patient a sheet of exercises. Raises `SheetInvalid` or `NotTheirsToPrescribe`."""
    check_prescriber(patient, by=by)
    given = _given(details, patient, None)
    values = {name: getattr(details, name) for name in OWN}
    sheet = ExerciseSheet.objects.create(patient=patient, author_id=by.pk, author_name=str(by), **values)
    _add_version(sheet, details, given, by=by, at=at)
    audit.record(action="crm.exercisesheet.composed", of=sheet, by=by, changes=audit.created(sheet, OWN))
    _tell(sheet, at=at)
    return sheet


@transaction.atomic
def change_sheet(
    *, sheet: ExerciseSheet, details: SheetDetails, seen: int | None, by: Any, at: datetime
) -> ExerciseSheet:
    """Set a sheet right: what it said before stays as a version. An exercise that was on it keeps the version in
    which it was given.

    Raises `SheetInvalid`, `SheetChanged`, `SheetEnded` or `NotTheirsToPrescribe`.
    """
    check_prescriber(sheet.patient, by=by)
    locked = lock_row(ExerciseSheet.objects.for_display(), sheet.pk)
    if seen is not None and seen != locked.version:
        raise SheetChanged(_("Somebody changed this sheet meanwhile. Look at it again."), version=locked.version)
    if locked.ended_at is not None:
        raise SheetEnded(_("This sheet was ended. It stays as it was."))
    given, before = _given(details, locked.patient, locked.latest), audit.snapshot(locked, OWN)
    for name in OWN:
        setattr(locked, name, getattr(details, name))
    changes = audit.difference(before, locked)
    if _is_said(locked.latest, details, given) and not changes:
        return locked
    locked.version += 1
    locked.save(update_fields=[*changes, "version"])
    _add_version(locked, details, given, by=by, at=at)
    audit.record(action="crm.exercisesheet.changed", of=locked, by=by, changes=changes)
    _tell(locked, at=at)
    return locked


@transaction.atomic
def end_sheet(*, sheet: ExerciseSheet, by: Any, at: datetime) -> ExerciseSheet:
    """Have nobody go on with it. It stays to be read. Twice is no error."""
    check_prescriber(sheet.patient, by=by)
    locked = lock_row(ExerciseSheet.objects.all(), sheet.pk)
    if locked.ended_at is None:
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        audit.record(action="crm.exercisesheet.ended", of=locked, by=by, changes={"ended_at": (None, at)})
    return locked


def check_prescriber(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.write_plan", patient):
        raise NotTheirsToPrescribe(_("Exercises are given by whoever has the patient in their care."))


Given = list[tuple[ExerciseVersion, ItemDetails]]


def _given(details: SheetDetails, patient: Patient, before: SheetVersion | None) -> Given:
    """Return what is on the sheet: of the library as it is now, or as it was when it was put there."""
    current = {each.exercise_id: each for each in ExerciseVersion.objects.current()}
    if before is not None:
        current |= {item.exercise_version.exercise_id: item.exercise_version for item in before.items.all()}
    if problems := _problems(details, patient, current):
        sentences = (sentence for each in problems.values() for sentence in each)
        raise SheetInvalid(" ".join(sentences), fields=problems)
    return [(current[item.exercise_id], item) for item in details.items]


def _problems(details: SheetDetails, patient: Patient, current: dict[UUID, ExerciseVersion]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    ids = [item.exercise_id for item in details.items]
    if not details.title.strip():
        problems["title"] = [_("Give the sheet a name.")]
    if details.until and details.until < details.since:
        problems["until"] = [_("The last day cannot come before the first.")]
    if not 0 < len(ids) <= MOST_EXERCISES:
        problems["items"] = [_("From 1 to %(most)s exercises.") % {"most": MOST_EXERCISES}]
    elif len(set(ids)) < len(ids):
        problems["items"] = [_("An exercise is on a sheet once.")]
    elif not set(ids) <= set(current):
        problems["items"] = [_("One of these exercises is not in the library any more.")]
    if any(dose_problems(item.dose) or len(item.words) > LONGEST_WORDS for item in details.items):
        problems["items"] = [_("One of the doses is not possible.")]
    if details.plan_id and not TreatmentPlan.objects.filter(pk=details.plan_id, patient=patient).exists():
        problems["plan_id"] = [_("This patient has no such plan.")]
    return problems


def _add_version(sheet: ExerciseSheet, details: SheetDetails, given: Given, *, by: Any, at: datetime) -> None:
    made = {"made_at": at, "made_by_id": by.pk, "made_by_name": str(by)}
    said = {"title": details.title.strip(), "words": details.words.strip()}
    version = SheetVersion.objects.create(sheet=sheet, number=sheet.version, **said, **made)
    SheetItem.objects.bulk_create(
        SheetItem(
            version=version,
            position=position,
            exercise_version=exercise,
            words=item.words.strip(),
            **asdict(item.dose.over(exercise.dose)),
        )
        for position, (exercise, item) in enumerate(given)
    )


def _is_said(version: SheetVersion, details: SheetDetails, given: Given) -> bool:
    """Test whether a version says just that."""
    said = [(item.exercise_version_id, item.dose, item.words) for item in version.items.all()]
    wanted = [(exercise.pk, item.dose.over(exercise.dose), item.words.strip()) for exercise, item in given]
    return (version.title, version.words, said) == (details.title.strip(), details.words.strip(), wanted)


def _tell(sheet: ExerciseSheet, *, at: datetime) -> None:
    """Have a mail say that there is something new on the portal, and not what."""
    if not sheet.shared:
        return
    sheet.told_version = sheet.version
    sheet.save(update_fields=["told_version"])
    send(
        cause=f"crm.exercises:{sheet.pk}:{sheet.version}",
        composer="modules.crm.messages.compose_exercises",
        about={"sheet_id": str(sheet.pk)},
        at=at,
    )
