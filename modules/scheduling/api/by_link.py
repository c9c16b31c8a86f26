"""One visit, behind the secret of the link in a mail: see it, move it, cancel it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from audit import recording as audit
from httpapi.matching import IfMatch, tag, version_in
from kernel.doors import open_door
from modules.scheduling import services
from modules.scheduling.api.online import for_nobody_else, times_in
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.online import CancelIn, PublicTimesIn, PublicVisitOut, TimesOut, VisitTimeIn
from modules.scheduling.services import Visitor
from modules.scheduling.services.online import pace
from modules.scheduling.services.online.links import find_visit, standing_of
from tenancy.requests import Request

router = Router(auth=None)

WHY_OPEN = "the link is the key: whoever has the mail may see, move and cancel this one visit"


@router.get("/public/visits/{secret}/", response=PublicVisitOut, summary="Booked online: a visit by its link")
@open_door(WHY_OPEN)
def get_visit(request: Request, response: HttpResponse, secret: str) -> PublicVisitOut:
    """The secret is the last part of the link in the mail. The `ETag` is the visit's version."""
    visit = _behind(request, secret)
    audit.viewed(of=visit, by=None, how="viewed_by_link")
    return _shown(response, visit)


@router.get("/public/visits/{secret}/times/", response=TimesOut, summary="Booked online: where a visit could be moved")
@open_door(WHY_OPEN)
def list_times_for_visit(request: Request, secret: str, asked: Query[PublicTimesIn]) -> TimesOut:
    """Free times for the same, with the same person."""
    visit = _behind(request, secret)
    audit.viewed(of=visit, by=None, how="viewed_by_link")
    if not standing_of(visit, at=timezone.now()).may_move:
        return TimesOut.of([], onward=None)
    wanted = asked.wanted(visit.service, practitioner_id=visit.practitioner_id, location=visit.location)
    return times_in(wanted, visit.location, asked, at=timezone.now())


@router.put("/public/visits/{secret}/time/", response=PublicVisitOut, summary="Booked online: move a visit")
@open_door(WHY_OPEN)
def move_visit(
    request: Request, response: HttpResponse, secret: str, body: VisitTimeIn, if_match: IfMatch = ""
) -> PublicVisitOut:
    """With `If-Match`, a change that the practice made meanwhile answers 409 with what the visit is now."""
    moved = services.move_appointment(
        appointment=_behind(request, secret),
        to=services.Move(starts_at=body.start_time, practitioner_id=body.practitioner_id, version=version_in(if_match)),
        by=Visitor(),
        at=timezone.now(),
    )
    return _shown(response, moved)


@router.post("/public/visits/{secret}/cancellation/", response=PublicVisitOut, summary="Booked online: cancel a visit")
@open_door(WHY_OPEN)
def cancel_visit(
    request: Request, response: HttpResponse, secret: str, body: CancelIn, if_match: IfMatch = ""
) -> PublicVisitOut:
    visit = services.cancel_appointment(
        appointment=_behind(request, secret),
        cancellation=services.CallOff(reason=body.reason, version=version_in(if_match)),
        by=Visitor(),
        at=timezone.now(),
    )
    return _shown(response, visit)


def _shown(response: HttpResponse, visit: Appointment) -> PublicVisitOut:
    visit = Appointment.objects.for_display().get(pk=visit.pk)
    for_nobody_else(response)
    tag(response, visit.version)
    return PublicVisitOut.of(visit, standing_of(visit, at=timezone.now()))


def _behind(request: Request, secret: str) -> Appointment:
    pace.count_look_by_link(secret=secret)
    visit = find_visit(secret=secret, at=timezone.now())
    if visit is None:
        pace.count_guessed_link(ip=request.ip)
        raise Http404
    return visit
