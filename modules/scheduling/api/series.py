"""Series and courses: look at every visit first, then book or change them all at once."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from modules.scheduling import services
from modules.scheduling.models import Appointment, Series
from modules.scheduling.schemas.series import (
    BookCourseIn,
    BookSeriesIn,
    CancelSeriesIn,
    ChangeSeriesIn,
    CourseIn,
    PlanOut,
    SaveChangeIn,
    SeriesIn,
    SeriesOut,
)
from tenancy.requests import Request

router = Router()


@router.post("/series/plan/", response=PlanOut, summary="Look at a series before it is booked")
@endpoint("scheduling.manage_series")
def plan_series(request: Request, body: SeriesIn) -> PlanOut:
    """Nothing is saved and nothing is held."""
    return PlanOut.of(services.plan_series(wish=body.wish(), by=request.user, at=timezone.now()))


@router.post("/series/", response={201: SeriesOut}, summary="Book a series")
@endpoint("scheduling.manage_series")
def book_series(request: Request, body: BookSeriesIn) -> Status[SeriesOut]:
    """All of the visits given, or none: 409 lists those `taken` meanwhile, and all `visits` as they could be now."""
    chosen = [each.chosen() for each in body.visits]
    series = services.book_series(wish=body.wish(), chosen=chosen, by=request.user, at=timezone.now())
    return Status(201, series_out(request, series))


@router.post("/courses/plan/", response=PlanOut, summary="Find times for a course of visits")
@endpoint("scheduling.manage_series")
def plan_course(request: Request, body: CourseIn) -> PlanOut:
    """As many as there is room for, and for each of the others a reason."""
    return PlanOut.of_course(services.plan_course(wish=body.wish(), by=request.user, at=timezone.now()))


@router.post("/courses/", response={201: SeriesOut}, summary="Book a course of visits")
@endpoint("scheduling.manage_series")
def book_course(request: Request, body: BookCourseIn) -> Status[SeriesOut]:
    """Each of `visits` says its `start_time`. All or none, as for a series."""
    chosen = [each.chosen() for each in body.visits]
    series = services.book_course(wish=body.wish(), chosen=chosen, by=request.user, at=timezone.now())
    return Status(201, series_out(request, series))


@router.get("/series/{uuid:series_id}/", response=SeriesOut, summary="One series, with its visits")
@endpoint("scheduling.manage_series")
def get_series(request: Request, series_id: UUID) -> SeriesOut:
    series = _visible(request, series_id)
    audit.viewed(of=series, by=request.user)
    return series_out(request, series)


@router.post("/series/{uuid:series_id}/plan/", response=PlanOut, summary="Look at a change of a series")
@endpoint("scheduling.manage_series")
def plan_change(request: Request, series_id: UUID, body: ChangeSeriesIn) -> PlanOut:
    series = _visible(request, series_id)
    return PlanOut.of(services.plan_change(series=series, change=body.change(), by=request.user, at=timezone.now()))


@router.patch("/series/{uuid:series_id}/", response=SeriesOut, summary="Change one, the following or all visits")
@endpoint("scheduling.manage_series")
def change_series(request: Request, series_id: UUID, body: SaveChangeIn) -> SeriesOut:
    """Changed from some visit on, it goes on as a series of its own, which is the answer. All or none."""
    series = services.change_series(
        series=_visible(request, series_id),
        change=body.change(),
        chosen=[each.chosen() for each in body.visits],
        by=request.user,
        at=timezone.now(),
    )
    return series_out(request, series)


@router.post("/series/{uuid:series_id}/cancellation/", response=SeriesOut, summary="Call off visits of a series")
@endpoint("scheduling.manage_series")
def cancel_series(request: Request, series_id: UUID, body: CancelSeriesIn) -> SeriesOut:
    series = _visible(request, series_id)
    services.cancel_series(
        series=series,
        scope=services.Scope(body.scope),
        visit_id=body.visit_id,
        cancellation=body.call_off(),
        by=request.user,
        at=timezone.now(),
    )
    return series_out(request, Series.objects.get(pk=series.pk))


def _visible(request: Request, series_id: UUID) -> Series:
    return get_object_or_404(Series.objects.visible_to(request.user).for_display(), pk=series_id)


def series_out(request: Request, series: Series) -> SeriesOut:
    visits = Appointment.objects.visible_to(request.user).for_display().with_services().filter(series=series)
    return SeriesOut.of(series, list(visits.order_by("planned_day", "session_number")))
