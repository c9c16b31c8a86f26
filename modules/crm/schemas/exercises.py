"""Exercises for at home on the wire."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.exercises import MOST_EXERCISES, Dose
from modules.crm.models import MOST_PAIN, ExerciseDay, ExerciseSheet, ExerciseVersion, SheetItem
from modules.crm.models.exercises import LONGEST_EXERCISE_NAME, LONGEST_STEPS, LONGEST_WORDS
from modules.crm.selectors.exercises import Followed
from modules.crm.services.exercises import Done, ExerciseDetails, ItemDetails, SheetDetails
from modules.crm.services.exercises.library import MOST

RegionName = Literal["NECK", "SHOULDER", "ARM", "BACK", "HIP", "KNEE", "FOOT", "WHOLE", "FORE", "HIND"]
DOSES = ("sets", "repetitions", "hold_seconds", "times_per_week")


class DoseIn(Schema):
    sets: int | None = Field(None, ge=1, le=MOST["sets"])
    repetitions: int | None = Field(None, ge=1, le=MOST["repetitions"])
    hold_seconds: int | None = Field(None, ge=1, le=MOST["hold_seconds"])
    times_per_week: int | None = Field(None, ge=1, le=MOST["times_per_week"])

    def dose(self) -> Dose:
        return Dose(**{name: getattr(self, name) for name in DOSES})


class ExerciseIn(DoseIn):
    """`steps` are lines. A picture is added on the page."""

    name: str = Field(max_length=LONGEST_EXERCISE_NAME)
    steps: str = Field(max_length=LONGEST_STEPS)
    region: RegionName
    equipment: str = Field("", max_length=120)
    cautions: str = Field("", max_length=300)
    video_url: str = Field("", max_length=300)

    def details(self) -> ExerciseDetails:
        return ExerciseDetails(**self.dict(exclude=set(DOSES)), dose=self.dose())


class ExerciseOut(Schema):
    """An exercise as it is, or was when it was given: `version` says which."""

    id: UUID
    version: int
    name: str
    steps: str
    region: RegionName
    sets: int | None
    repetitions: int | None
    hold_seconds: int | None
    times_per_week: int | None
    equipment: str
    cautions: str
    video_url: str
    has_picture: bool

    @classmethod
    def of(cls, version: ExerciseVersion) -> ExerciseOut:
        same = ("name", "steps", "equipment", "cautions", "video_url", *DOSES)
        return cls(
            id=version.exercise_id,
            version=version.number,
            region=cast("RegionName", version.region),
            has_picture=version.picture_id is not None,
            **{name: getattr(version, name) for name in same},
        )


class ExercisesOut(Schema):
    items: list[ExerciseOut]


class SheetItemIn(DoseIn):
    """What the dose does not say is as usual for the exercise."""

    exercise_id: UUID
    words: str = Field("", max_length=LONGEST_WORDS)


class SheetIn(Schema):
    """`items` are in the order in which they are done; `until` is the last day; `shared` sends it to the portal."""

    title: str = Field(max_length=120)
    words: str = Field("", max_length=2000)
    since: date
    until: date | None = None
    plan_id: UUID | None = None
    shared: bool = False
    items: list[SheetItemIn] = Field(max_length=MOST_EXERCISES)

    def details(self) -> SheetDetails:
        items = [ItemDetails(exercise_id=each.exercise_id, dose=each.dose(), words=each.words) for each in self.items]
        return SheetDetails(**self.dict(exclude={"items"}), items=items)


class SheetItemOut(Schema):
    exercise: ExerciseOut
    sets: int | None
    repetitions: int | None
    hold_seconds: int | None
    times_per_week: int | None
    words: str

    @classmethod
    def of(cls, item: SheetItem) -> SheetItemOut:
        own = {name: getattr(item, name) for name in (*DOSES, "words")}
        return cls(exercise=ExerciseOut.of(item.exercise_version), **own)


class SheetOut(Schema):
    id: UUID
    patient_id: UUID
    plan_id: UUID | None
    title: str
    words: str
    since: date
    until: date | None
    shared: bool
    version: int
    author_name: str
    changed_at: Moment
    changed_by_name: str
    ended_at: Moment | None
    items: list[SheetItemOut]

    @classmethod
    def of(cls, sheet: ExerciseSheet) -> SheetOut:
        same = ("patient_id", "plan_id", "since", "until", "shared", "version", "author_name", "ended_at")
        said = sheet.latest
        return cls(
            id=sheet.pk,
            title=said.title,
            words=said.words,
            changed_at=said.made_at,
            changed_by_name=said.made_by_name,
            items=[SheetItemOut.of(item) for item in said.items.all()],
            **{name: getattr(sheet, name) for name in same},
        )


class SheetsOut(Schema):
    items: list[SheetOut]


class DayIn(Schema):
    """`pain` from 0 to 10."""

    is_done: bool = True
    pain: int | None = Field(None, ge=0, le=MOST_PAIN)
    words: str = Field("", max_length=LONGEST_WORDS)

    def done(self) -> Done:
        return Done(**self.dict())


class DayOut(Schema):
    exercise_id: UUID
    day: date
    is_done: bool
    pain: int | None
    words: str
    at: Moment
    by_name: str

    @classmethod
    def of(cls, row: ExerciseDay) -> DayOut:
        same = ("exercise_id", "day", "is_done", "words", "at", "by_name")
        return cls(pain=int(row.pain) if row.pain else None, **{name: getattr(row, name) for name in same})


class KeptOut(Schema):
    exercise_id: UUID
    days_done: int
    percent: int


class FollowedOut(Schema):
    """How far a sheet was kept to in the last twelve weeks, by exercise, and what was said of it."""

    kept: list[KeptOut]
    said: list[DayOut]

    @classmethod
    def of(cls, found: Followed) -> FollowedOut:
        kept = [
            KeptOut(exercise_id=each.item.exercise_version.exercise_id, days_done=each.done, percent=each.percent)
            for each in found.kept
        ]
        return cls(kept=kept, said=[DayOut.of(row) for row in found.said])
