"""Visits from packages: what somebody can draw from, schedule the rest of one, and see how far it is."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from modules.scheduling.api.series import series_out
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.packages import (
    OfPatientIn,
    PackageCourseIn,
    PackageLeftOut,
    ProgressOut,
    ScheduledOut,
)
from modules.scheduling.schemas.series import PlanOut, UnplacedOut
from modules.scheduling.services.series import package_courses
from modules.scheduling.services.series.packages import packages_of, read_package
from tenancy.requests import Request

router, at_the_top = Router(), Router()  # below /api/scheduling/ and, the same, at /api/packages/


@router.get("/packages/", response=list[PackageLeftOut], summary="What a patient can draw visits from")
@endpoint("scheduling.book")
def list_packages(request: Request, wanted: Query[OfPatientIn]) -> list[PackageLeftOut]:
    cards = packages_of(patient_id=wanted.patient_id, on=timezone.localdate(), seen_by=request.user)
    audit.listed(what=Appointment, subjects=[card.patient_id for card in cards], by=request.user)
    return [PackageLeftOut.of(card) for card in cards]


@router.post("/packages/{uuid:package_id}/plan/", response=PlanOut, summary="Find times for what is left of a package")
@endpoint("scheduling.manage_series")
def plan(request: Request, package_id: UUID, body: PackageCourseIn) -> PlanOut:
    """Nothing is saved and nothing is held. As many as there is room for, and for each of the others a reason."""
    wish = body.wish(package_id)
    return PlanOut.of_course(package_courses.plan_package(wish=wish, by=request.user, at=timezone.now()))


@router.post(
    "/packages/{uuid:package_id}/schedule/",
    response={200: ScheduledOut, 201: ScheduledOut},
    summary="Book what is left of a package",
)
@endpoint("scheduling.manage_series")
def schedule(request: Request, package_id: UUID, body: PackageCourseIn) -> Status[ScheduledOut]:
    """As many as there is room for; `unplaced` says of each of the others why not. 200: none could be booked."""
    wish = body.wish(package_id)
    done = package_courses.schedule_package(wish=wish, by=request.user, at=timezone.now())
    unplaced = [UnplacedOut(number=each.number, code=each.code, detail=each.reason) for each in done.unplaced]
    series = series_out(request, done.series) if done.series else None
    return Status(201 if series else 200, ScheduledOut(series=series, unplaced=unplaced))


@router.get("/packages/{uuid:package_id}/progress/", response=ProgressOut, summary="How far a package is")
@endpoint("scheduling.view_appointment")
def progress(request: Request, package_id: UUID) -> ProgressOut:
    card = read_package(package_id, on=timezone.localdate(), seen_by=request.user)
    ids = [session.appointment_id for session in card.sessions if session.appointment_id]
    visits = Appointment.objects.visible_to(request.user).for_display().in_bulk(ids)
    audit.listed(what=Appointment, subjects=[card.patient_id], by=request.user)
    return ProgressOut.of(card, visits)


at_the_top.get(
    "/", response=list[PackageLeftOut], summary="What a patient can draw visits from", operation_id="packages"
)(list_packages)
at_the_top.post(
    "/{uuid:package_id}/plan/",
    response=PlanOut,
    summary="Find times for what is left of a package",
    operation_id="plan_package",
)(plan)
at_the_top.post(
    "/{uuid:package_id}/schedule/",
    response={200: ScheduledOut, 201: ScheduledOut},
    summary="Book what is left of a package",
    operation_id="schedule_package",
)(schedule)
at_the_top.get(
    "/{uuid:package_id}/progress/",
    response=ProgressOut,
    summary="How far a package is",
    operation_id="package_progress",
)(progress)
