"""The practice's exercises: written, shown in a picture or a film, changed, taken off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.checking import FileRefused, check_file, make_preview
from filestore.inspection import JPEG, PDF
from filestore.models import StoredFile
from filestore.scanning import ScannerFailed, scanner
from filestore.storage import store_file
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.crm.domain.exercises import Dose, is_film
from modules.crm.models import BodyRegion, Exercise, ExerciseVersion
from modules.crm.models.exercises import LONGEST_EXERCISE_NAME, LONGEST_STEPS
from modules.crm.services.documents import Upload

PICTURES = "exercises"  # the folder
MOST: Mapping[str, int] = {"sets": 20, "repetitions": 200, "hold_seconds": 600, "times_per_week": 7}


class ExerciseInvalid(Invalid):
    code = "exercise-invalid"


class ExerciseEnded(Conflict):
    code = "exercise-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseDetails:
    """How an exercise is done. `steps` are lines; `dose` is what is usual."""

    name: str
    steps: str
    region: str
    dose: Dose = field(default_factory=Dose)
    equipment: str = ""
    cautions: str = ""
    video_url: str = ""


@transaction.atomic
def add_exercise(*, details: ExerciseDetails, picture: Upload | None = None, by: Any, at: datetime) -> ExerciseVersion:
    """Add an exercise to the library. Raises `ExerciseInvalid` or `FileRefused`."""
    details = _checked(details, besides=None)
    kept = _keep_picture(picture) if picture else None
    exercise = Exercise.objects.create(name=details.name)
    audit.record(action="crm.exercise.added", of=exercise, by=by, changes={"name": (None, exercise.name)})
    return _add_version(exercise, details, kept, number=1, by=by, at=at)


@transaction.atomic
def change_exercise(
    *, exercise: Exercise, details: ExerciseDetails, picture: Upload | None = None, by: Any, at: datetime
) -> ExerciseVersion:
    """Change an exercise. It is a new version: sheets keep theirs. The picture stays unless there is another.

    Raises `ExerciseInvalid`, `ExerciseEnded` or `FileRefused`.
    """
    exercise = lock_row(Exercise.objects.all(), exercise.pk)
    if exercise.ended_at is not None:
        raise ExerciseEnded(_("This exercise was taken off the library."))
    details = _checked(details, besides=exercise)
    latest = exercise.versions.select_related("picture").order_by("-number")[0]
    kept = _keep_picture(picture) if picture else latest.picture
    if kept == latest.picture and details == details_of(latest):
        return latest
    exercise.name = details.name
    exercise.save(update_fields=["name"])
    changes = {"version": (latest.number, latest.number + 1)}
    audit.record(action="crm.exercise.changed", of=exercise, by=by, changes=changes)
    return _add_version(exercise, details, kept, number=latest.number + 1, by=by, at=at)


@transaction.atomic
def end_exercise(*, exercise: Exercise, by: Any, at: datetime) -> None:
    """Have it go on no new sheet. Sheets that have it keep it. Twice is no error."""
    exercise = lock_row(Exercise.objects.all(), exercise.pk)
    if exercise.ended_at is None:
        exercise.ended_at = at
        exercise.save(update_fields=["ended_at"])
        audit.record(action="crm.exercise.ended", of=exercise, by=by)


def details_of(version: ExerciseVersion) -> ExerciseDetails:
    same = ("name", "steps", "region", "equipment", "cautions", "video_url")
    return ExerciseDetails(**{name: getattr(version, name) for name in same}, dose=version.dose)


def dose_problems(dose: Dose) -> list[str]:
    """Return what is not right about it, by name."""
    return [name for name, value in asdict(dose).items() if value is not None and not 1 <= value <= MOST[name]]


def _add_version(
    exercise: Exercise, details: ExerciseDetails, picture: StoredFile | None, *, number: int, by: Any, at: datetime
) -> ExerciseVersion:
    told = {name: value for name, value in asdict(details).items() if name != "dose"}
    made = {"made_at": at, "made_by_id": by.pk, "made_by_name": str(by)}
    return ExerciseVersion.objects.create(
        exercise=exercise, number=number, picture=picture, **told, **asdict(details.dose), **made
    )


def _keep_picture(upload: Upload) -> StoredFile:
    """Keep a picture as small as a telephone shows it, after the checks that every document goes through."""
    checked = check_file(name=upload.name, content=upload.content)
    if checked.media_type == PDF:
        raise _no_picture(_("A picture is needed: JPEG, PNG or WebP."))
    _look_for_viruses(upload.content)
    small = make_preview(checked.content, media_type=checked.media_type)
    if small is None:
        raise _no_picture(_("This picture cannot be shown smaller. Choose another one."))
    return store_file(name="exercise.jpg", content=small, media_type=JPEG, kind=PICTURES)


def _look_for_viruses(content: bytes) -> None:
    port = scanner()
    try:
        is_infected = port is not None and port.scan(content).is_infected
    except ScannerFailed:
        raise _no_picture(_("Nobody can look for viruses just now. Try again in a while.")) from None
    if is_infected:
        raise _no_picture(_("A virus was found in this picture. It was not kept."))


def _no_picture(sentence: str) -> FileRefused:
    refused = FileRefused(sentence)
    refused.fields = {"picture": [sentence]}
    return refused


def _checked(details: ExerciseDetails, *, besides: Exercise | None) -> ExerciseDetails:
    name = " ".join(details.name.split())
    details = replace(details, name=name, steps=details.steps.strip(), video_url=details.video_url.strip())
    if problems := _problems(details, besides):
        sentences = (sentence for each in problems.values() for sentence in each)
        raise ExerciseInvalid(" ".join(sentences), fields=problems)
    return details


def _problems(details: ExerciseDetails, besides: Exercise | None) -> dict[str, list[str]]:
    others = Exercise.objects.filter(name__iexact=details.name, ended_at=None)
    problems = {name: [_("From 1 to %(most)s.") % {"most": MOST[name]}] for name in dose_problems(details.dose)}
    if not 0 < len(details.name) <= LONGEST_EXERCISE_NAME:
        problems["name"] = [_("A name of at most 80 letters is needed.")]
    elif any(other != besides for other in others):
        problems["name"] = [_("There is an exercise of this name already.")]
    if not 0 < len(details.steps) <= LONGEST_STEPS:
        problems["steps"] = [_("Say how it is done, step by step, in at most 2000 letters.")]
    if details.region not in BodyRegion.values:
        problems["region"] = [_("Choose for what it is.")]
    if details.video_url and not is_film(details.video_url, hosts=settings.VIDEO_HOSTS):
        allowed = ", ".join(sorted(settings.VIDEO_HOSTS))
        problems["video_url"] = [_("A film has an https address at one of: %(hosts)s.") % {"hosts": allowed}]
    return problems
