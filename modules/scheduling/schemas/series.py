"""A series of visits, and a course: looked at, saved, changed."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.models import Appointment, Series
from modules.scheduling.schemas.appointments import AppointmentOut
from modules.scheduling.services import (
    CallOff,
    Chosen,
    CoursePlan,
    CourseWish,
    PlannedVisit,
    Scope,
    SeriesChange,
    SeriesWish,
    Tell,
)

Weekday = Annotated[int, Field(ge=0, le=6)]  # 0 is Monday
Ids = Annotated[list[UUID], Field(max_length=10)]
ScopeName = Literal["one", "following", "all"]


class SeriesIn(Schema):
    """Visits by a rule: an RRULE of RFC 5545 (daily, weekly, monthly or yearly, with COUNT or UNTIL) on the wall clock
    of the location. Of several practitioners, each visit is with one of them. `length` is in minutes.
    `package_id` is the package that pays for them.
    """

    patient_id: UUID
    service_ids: Annotated[list[UUID], Field(min_length=1, max_length=10)]
    rule: str = Field(max_length=200)
    first_day: date
    start: time
    length: int | None = Field(None, ge=5, le=1440)
    practitioner_ids: Ids = Field(default_factory=list)
    room_id: UUID | None = None
    package_id: UUID | None = None
    remark: str = Field("", max_length=500)
    notify_client: bool = True

    def wish(self) -> SeriesWish:
        return SeriesWish(
            patient_id=self.patient_id,
            service_ids=tuple(self.service_ids),
            rule=self.rule,
            first_day=self.first_day,
            starts=self.start.replace(tzinfo=None),
            length=self.length,
            practitioner_ids=tuple(self.practitioner_ids),
            room_id=self.room_id,
            package_id=self.package_id,
            remark=self.remark,
            tell=Tell.SOON if self.notify_client else Tell.NOT,
        )


class ChosenIn(Schema):
    """What becomes of a visit of the plan. Elsewhere: `start_time`. In spite of what is in the way, for roles that may:
    `override_reason`. A visit that is not listed is skipped; when a series is changed, it stays where it is.
    """

    number: int = Field(ge=1)
    start_time: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    override_reason: str = Field("", max_length=200)

    def chosen(self) -> Chosen:
        return Chosen(
            number=self.number,
            starts_at=self.start_time,
            practitioner_id=self.practitioner_id,
            override=self.override_reason,
        )


Choices = Annotated[list[ChosenIn], Field(min_length=1, max_length=104)]


class BookSeriesIn(SeriesIn):
    visits: Choices


class PractitionersOf(Schema):
    number: int = Field(ge=1, le=104)
    practitioner_ids: Annotated[list[UUID], Field(min_length=1, max_length=10)]


class CourseIn(Schema):
    """So many visits, as early as there is room for them. `weekdays`: 0 is Monday; `earliest` and `latest` are local
    times of the start. `with_whom` names practitioners for some of the visits.
    """

    patient_id: UUID
    service_ids: Annotated[list[UUID], Field(min_length=1, max_length=10)]
    sessions: int = Field(ge=1, le=104)
    first_day: date
    days: int = Field(90, ge=1, le=90)
    weekdays: list[Weekday] = Field(default_factory=list, max_length=7)
    earliest: time | None = None
    latest: time | None = None
    days_apart: int = Field(1, ge=1, le=90)
    practitioner_ids: Ids = Field(default_factory=list)
    with_whom: list[PractitionersOf] = Field(default_factory=list, max_length=104)
    room_id: UUID | None = None
    package_id: UUID | None = None
    remark: str = Field("", max_length=500)
    notify_client: bool = True

    def wish(self) -> CourseWish:
        between = None
        if self.earliest or self.latest:
            between = (self.earliest or time.min).replace(tzinfo=None), (self.latest or time.max).replace(tzinfo=None)
        return CourseWish(
            patient_id=self.patient_id,
            service_ids=tuple(self.service_ids),
            sessions=self.sessions,
            first_day=self.first_day,
            days=self.days,
            weekdays=frozenset(self.weekdays),
            between=between,
            days_apart=self.days_apart,
            practitioner_ids=tuple(self.practitioner_ids),
            practitioners_of={each.number: tuple(each.practitioner_ids) for each in self.with_whom},
            room_id=self.room_id,
            package_id=self.package_id,
            remark=self.remark,
            tell=Tell.SOON if self.notify_client else Tell.NOT,
        )


class BookCourseIn(CourseIn):
    visits: Choices


class ChangeSeriesIn(Schema):
    """`visit_id` is where the change begins; `day` is where that visit goes, the others go as many days with it.
    `start` is the new time of all, on the wall clock. Visits moved by hand keep their time unless `keep_moved` is
    false. `version` is the series' as last seen.
    """

    scope: ScopeName
    visit_id: UUID
    day: date | None = None
    start: time | None = None
    length: int | None = Field(None, ge=5, le=1440)
    service_ids: Ids = Field(default_factory=list)
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    keep_moved: bool = True
    version: int | None = None
    notify_client: bool = True

    def change(self) -> SeriesChange:
        return SeriesChange(
            scope=Scope(self.scope),
            visit_id=self.visit_id,
            day=self.day,
            starts=self.start.replace(tzinfo=None) if self.start else None,
            length=self.length,
            service_ids=tuple(self.service_ids),
            practitioner_id=self.practitioner_id,
            room_id=self.room_id,
            keep_moved=self.keep_moved,
            version=self.version,
            tell=Tell.SOON if self.notify_client else Tell.NOT,
        )


class SaveChangeIn(ChangeSeriesIn):
    visits: Choices


class CancelSeriesIn(Schema):
    scope: ScopeName
    visit_id: UUID
    reason: str = Field("", max_length=200)
    version: int | None = None
    notify_client: bool = True

    def call_off(self) -> CallOff:
        return CallOff(reason=self.reason, version=self.version, tell=Tell.SOON if self.notify_client else Tell.NOT)


class ReasonOut(Schema):
    code: str
    detail: str


class InsteadOut(Schema):
    start_time: Moment
    end_time: Moment
    practitioner_id: UUID
    room_id: UUID | None


class PlannedVisitOut(Schema):
    """`reasons` say what is in the way, and `alternatives` what is free near it."""

    number: int
    start_time: Moment
    end_time: Moment
    is_free: bool
    practitioner_id: UUID | None
    room_id: UUID | None
    appointment_id: UUID | None
    reasons: list[ReasonOut]
    alternatives: list[InsteadOut]

    @staticmethod
    def of(visit: PlannedVisit) -> PlannedVisitOut:
        return PlannedVisitOut.model_validate(visit.on_the_wire())


class UnplacedOut(Schema):
    number: int
    code: str
    detail: str


class PlanOut(Schema):
    """What saving would do. `unplaced` are the visits of a course for which there is no time, and why."""

    visits: list[PlannedVisitOut]
    unplaced: list[UnplacedOut] = Field(default_factory=list)

    @staticmethod
    def of(visits: list[PlannedVisit]) -> PlanOut:
        return PlanOut(visits=[PlannedVisitOut.of(visit) for visit in visits])

    @staticmethod
    def of_course(plan: CoursePlan) -> PlanOut:
        return PlanOut(
            visits=[PlannedVisitOut.of(visit) for visit in plan.visits],
            unplaced=[UnplacedOut(number=each.number, code=each.code, detail=each.reason) for each in plan.unplaced],
        )


class SeriesVisitOut(AppointmentOut):
    """A visit of a series. `planned_time` is where the series has it, if that is somewhere else."""

    session_number: int | None
    session_total: int | None
    planned_time: Moment | None

    @staticmethod
    def of_series(visit: Appointment) -> SeriesVisitOut:
        return SeriesVisitOut(
            **AppointmentOut.of(visit).model_dump(),
            session_number=visit.session_number,
            session_total=visit.session_total,
            planned_time=visit.planned_at if visit.is_off_its_series else None,
        )


class SeriesOut(Schema):
    id: UUID
    version: int
    patient_id: UUID | None
    service_ids: list[UUID]
    practitioner_ids: list[UUID]
    room_id: UUID | None
    rule: str
    first_day: date
    start: time
    length: int
    continues_id: UUID | None
    created_at: datetime
    visits: list[SeriesVisitOut]

    @staticmethod
    def of(series: Series, visits: list[Appointment]) -> SeriesOut:
        return SeriesOut(
            id=series.pk,
            version=series.version,
            patient_id=series.patient_id,
            service_ids=series.service_ids,
            practitioner_ids=series.practitioner_ids,
            room_id=series.room_id,
            rule=series.rule,
            first_day=series.first_day,
            start=series.starts,
            length=series.length,
            continues_id=series.continues_id,
            created_at=series.created_at,
            visits=[SeriesVisitOut.of_series(visit) for visit in visits],
        )
