"""Put the rest of a package into the calendar: its sessions that are left, until its last day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from modules.scheduling.domain.series import refused
from modules.scheduling.gateways.packages import PackageCard, UnitState
from modules.scheduling.models import Appointment, Series
from modules.scheduling.services.series.booking import Chosen, SeriesTaken, lock_for
from modules.scheduling.services.series.courses import (
    LONGEST,
    CoursePlan,
    CourseWish,
    Unplaced,
    book_course,
    course_terms,
    plan_course,
)
from modules.scheduling.services.series.packages import TooFewLeft, local_day, read_package
from modules.scheduling.services.visits.telling import Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageCourseWish:
    """Sessions of one service of a package, as early as there is room. What is left out the package says: all that is
    left of its first service, until its last day or for 90 days. They keep their distance, `days_apart`, from one
    another and from what was booked of the package before. `patient_id`: another of the family, if it is for all.
    """

    package_id: UUID
    first_day: date
    patient_id: UUID | None = None
    service_id: UUID | None = None
    sessions: int | None = None
    weekdays: frozenset[int] = frozenset()
    between: tuple[time, time] | None = None
    days_apart: int = 1
    practitioner_ids: tuple[UUID, ...] = ()
    practitioners_of: Mapping[int, tuple[UUID, ...]] = field(default_factory=lambda: MappingProxyType({}))
    room_id: UUID | None = None
    remark: str = ""
    tell: Tell = Tell.SOON


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What was booked of a package, if anything, and for each of the others why not."""

    series: Series | None
    unplaced: list[Unplaced]


def course_of_package(*, wish: PackageCourseWish, by: Any, at: datetime) -> CourseWish:
    """Return the course that would use a package up. Raises `UnknownPackage` or `SeriesRefused`."""
    card = read_package(wish.package_id, on=local_day(at), seen_by=by)
    service_id = wish.service_id or _first_with_any_left(card)
    left = card.count(UnitState.FREE, service_id=service_id)
    if service_id is None or not left or not card.is_open:
        raise refused(_("Nothing is left of this package to be booked."), at="package_id")
    if wish.first_day > card.last_day:
        sentence = _("The package is valid until %(day)s.") % {"day": date_format(card.last_day, "D j M Y")}
        raise refused(sentence, at="first_day")
    if card.frozen_from is not None and card.frozen_from <= wish.first_day:
        words = {"day": date_format(card.frozen_from, "D j M Y")}
        raise refused(_("The package is frozen since %(day)s. Resume it first.") % words, at="first_day")
    return CourseWish(
        patient_id=wish.patient_id or card.patient_id,
        service_ids=(service_id,),
        sessions=left if wish.sessions is None else min(wish.sessions, left),
        first_day=wish.first_day,
        days=min(LONGEST, (card.last_day - wish.first_day).days + 1),
        weekdays=wish.weekdays,
        between=wish.between,
        days_apart=wish.days_apart,
        apart_from=_days_booked(card),
        pauses=card.pauses,
        practitioner_ids=wish.practitioner_ids,
        practitioners_of=wish.practitioners_of,
        room_id=wish.room_id,
        remark=wish.remark,
        tell=wish.tell,
        package_id=card.id,
    )


def plan_package(*, wish: PackageCourseWish, by: Any, at: datetime) -> CoursePlan:
    """Return when the sessions that are left can be, and why some cannot. Nothing is saved."""
    return plan_course(wish=course_of_package(wish=wish, by=by, at=at), by=by, at=at)


def schedule_package(*, wish: PackageCourseWish, by: Any, at: datetime) -> Scheduled:
    """Book as many of the sessions that are left as there is room for.

    Those that are planned are booked all or none. What somebody took meanwhile is planned anew, and this time nobody
    comes between: everything that may be taken is locked before it is looked at.
    Raises `UnknownPackage`, `SeriesRefused` if nothing is left, or `SeriesTaken` for what the calendar refuses even so.
    """
    try:
        return _schedule(wish, by=by, at=at)
    except (SeriesTaken, TooFewLeft):
        with transaction.atomic():
            lock_for(course_terms(course_of_package(wish=wish, by=by, at=at), by=by))
            return _schedule(wish, by=by, at=at)


def _schedule(wish: PackageCourseWish, *, by: Any, at: datetime) -> Scheduled:
    course = course_of_package(wish=wish, by=by, at=at)
    plan = plan_course(wish=course, by=by, at=at)
    chosen = [
        Chosen(number=visit.number, starts_at=visit.starts_at, practitioner_id=visit.slot.practitioner_id)
        for visit in plan.visits
        if visit.slot is not None
    ]
    series = book_course(wish=course, chosen=chosen, by=by, at=at) if chosen else None
    return Scheduled(series, plan.unplaced)


def _days_booked(card: PackageCard) -> frozenset[date]:
    """Return the days on which visits of a package are, or were."""
    ids = [session.appointment_id for session in card.sessions if session.appointment_id]
    visits = Appointment.objects.filter(pk__in=ids).select_related("location")
    return frozenset(visit.starts_at.astimezone(visit.location.zone).date() for visit in visits)


def _first_with_any_left(card: PackageCard) -> UUID | None:
    return next((session.service_id for session in card.sessions if session.state is UnitState.FREE), None)
