"""Visits from a package: what can be drawn from, scheduled, and how far it is."""

from __future__ import annotations

from datetime import date, time
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.gateways.packages import PackageCard, Session, UnitState
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.appointments import StatusName
from modules.scheduling.schemas.series import Ids, PractitionersOf, SeriesOut, UnplacedOut, Weekday
from modules.scheduling.services import Tell
from modules.scheduling.services.series.package_courses import PackageCourseWish


class OfPatientIn(Schema):
    patient_id: UUID


class LeftOut(Schema):
    """How many sessions of a service are left of a package."""

    service_id: UUID
    left: int
    total: int


class PackageLeftOut(Schema):
    """A package that can be drawn from. `last_day` is the last on which a visit can be paid from it."""

    id: UUID
    name: str
    patient_id: UUID
    last_day: date
    left: int
    total: int
    services: list[LeftOut]

    @staticmethod
    def of(card: PackageCard) -> PackageLeftOut:
        services = [
            LeftOut(
                service_id=each,
                left=card.count(UnitState.FREE, service_id=each),
                total=sum(session.service_id == each for session in card.sessions),
            )
            for each in card.service_ids
        ]
        return PackageLeftOut(
            id=card.id,
            name=card.name,
            patient_id=card.patient_id,
            last_day=card.last_day,
            left=card.left,
            total=card.total,
            services=services,
        )


class PackageCourseIn(Schema):
    """Sessions of one service of a package, as early as there is room. Left out: all that is left of the first service
    that has any. They are placed within 90 days and never after the last day. `weekdays`: 0 is Monday; `earliest` and
    `latest` are local times of the start. `with_whom` names practitioners for some of the visits, by number from 1.
    `patient_id`: another of the family than who bought it, if it is for all of them.
    """

    first_day: date
    patient_id: UUID | None = None
    service_id: UUID | None = None
    sessions: int | None = Field(None, ge=1, le=100)
    weekdays: list[Weekday] = Field(default_factory=list, max_length=7)
    earliest: time | None = None
    latest: time | None = None
    days_apart: int = Field(1, ge=1, le=90)
    practitioner_ids: Ids = Field(default_factory=list)
    with_whom: list[PractitionersOf] = Field(default_factory=list, max_length=104)
    room_id: UUID | None = None
    remark: str = Field("", max_length=500)
    notify_client: bool = True

    def wish(self, package_id: UUID) -> PackageCourseWish:
        between = None
        if self.earliest or self.latest:
            between = (self.earliest or time.min).replace(tzinfo=None), (self.latest or time.max).replace(tzinfo=None)
        return PackageCourseWish(
            package_id=package_id,
            first_day=self.first_day,
            patient_id=self.patient_id,
            service_id=self.service_id,
            sessions=self.sessions,
            weekdays=frozenset(self.weekdays),
            between=between,
            days_apart=self.days_apart,
            practitioner_ids=tuple(self.practitioner_ids),
            practitioners_of={each.number: tuple(each.practitioner_ids) for each in self.with_whom},
            room_id=self.room_id,
            remark=self.remark,
            tell=Tell.SOON if self.notify_client else Tell.NOT,
        )


class ScheduledOut(Schema):
    """What was booked, as a series; and why each of the others found no time. Nothing booked: no series."""

    series: SeriesOut | None
    unplaced: list[UnplacedOut]


class SessionVisitOut(Schema):
    id: UUID
    status: StatusName
    start_time: Moment
    practitioner_name: str


class SessionOut(Schema):
    """One session of the package. `appointment` is null for one that is left, and for a visit you may not see."""

    service_id: UUID
    number: int
    total: int
    state: Literal["left", "booked", "done"]
    appointment: SessionVisitOut | None

    @staticmethod
    def of(session: Session, visit: Appointment | None) -> SessionOut:
        names: dict[UnitState, Literal["left", "booked", "done"]] = {
            UnitState.FREE: "left",
            UnitState.RESERVED: "booked",
            UnitState.USED: "done",
        }
        return SessionOut(
            service_id=session.service_id,
            number=session.number,
            total=session.total,
            state=names[session.state],
            appointment=_visit(visit) if visit else None,
        )


class ProgressOut(Schema):
    """How far a package is. A session that was missed and is kept counts as done."""

    id: UUID
    name: str
    patient_id: UUID
    last_day: date
    done: int
    booked: int
    left: int
    sessions: list[SessionOut]

    @staticmethod
    def of(card: PackageCard, visits: dict[UUID, Appointment]) -> ProgressOut:
        return ProgressOut(
            id=card.id,
            name=card.name,
            patient_id=card.patient_id,
            last_day=card.last_day,
            done=card.count(UnitState.USED),
            booked=card.count(UnitState.RESERVED),
            left=card.left,
            sessions=[
                SessionOut.of(each, visits.get(each.appointment_id) if each.appointment_id else None)
                for each in card.sessions
            ],
        )


def _visit(visit: Appointment) -> SessionVisitOut:
    return SessionVisitOut.model_validate(
        {
            "id": visit.pk,
            "status": visit.status,
            "start_time": visit.starts_at.astimezone(visit.location.zone),
            "practitioner_name": visit.practitioner.name,
        }
    )
