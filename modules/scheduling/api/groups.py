"""Groups: list, set up, change, call off, and who comes to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.scheduling import services
from modules.scheduling.models import Appointment, GroupSession
from modules.scheduling.schemas.appointments import AppointmentOut
from modules.scheduling.schemas.groups import (
    GroupCancelIn,
    GroupChangeIn,
    GroupIn,
    GroupMoveIn,
    GroupOut,
    GroupsIn,
    GroupsWanted,
    JoinIn,
    RosterOut,
)
from modules.scheduling.selectors import Asker
from modules.scheduling.selectors.groups import open_groups, sessions_between, with_taken
from modules.scheduling.services.online.pace import count_booking
from modules.scheduling.services.visits.history import note_listed
from modules.scheduling.services.visits.wishes import is_patient
from tenancy.requests import Request

router = Router()
AHEAD = timedelta(days=28)


@router.get("/groups/", response=Page[GroupOut], summary="Groups")
@endpoint("scheduling.manage_groups")
def list_groups(request: Request, page: Query[PageIn], wanted: Query[GroupsWanted]) -> dict[str, Any]:
    start = wanted.from_ or timezone.now()
    rows = sessions_between(start, wanted.to or start + AHEAD, seen_by=request.user)
    return page_of(rows, page, GroupOut.of)


@router.get("/groups/open/", response=list[GroupOut], summary="Groups that can be booked online")
@endpoint("scheduling.view_services")
def list_open_groups(request: Request) -> list[GroupOut]:
    """Those that are full, too: one can wait for a place."""
    return [GroupOut.of(session) for session in open_groups(asker=Asker.patient(), at=timezone.now())]


@router.post("/groups/", response={201: RosterOut}, summary="Set up a group")
@endpoint("scheduling.manage_groups")
def create_group(request: Request, body: GroupIn) -> Status[RosterOut]:
    session = services.create_group(wish=body.wish(), by=request.user, at=timezone.now())
    return Status(201, _out(request, session.pk))


@router.post("/groups/series/", response={201: list[GroupOut]}, summary="Set up a series of groups")
@endpoint("scheduling.manage_groups")
def create_groups(request: Request, body: GroupsIn) -> Status[list[GroupOut]]:
    """All of them, or none: 409 says which cannot be had."""
    made = services.create_groups(
        wish=body.wish(), rule=body.rule, skip=frozenset(body.skip), by=request.user, at=timezone.now()
    )
    rows = with_taken(GroupSession.objects.filter(pk__in=[session.pk for session in made]))
    return Status(201, [GroupOut.of(session) for session in rows])


@router.get("/groups/{uuid:group_id}/", response=RosterOut, summary="One group, with who comes")
@endpoint("scheduling.manage_groups")
def get_group(request: Request, group_id: UUID) -> RosterOut:
    session = _visible(request, group_id)
    audit.viewed(of=session, by=request.user)
    return _out(request, session.pk)


@router.patch("/groups/{uuid:group_id}/", response=RosterOut, summary="Change a group, and who comes with it")
@endpoint("scheduling.manage_groups")
def change_group(request: Request, group_id: UUID, body: GroupChangeIn) -> RosterOut:
    session = _visible(request, group_id)
    services.change_group(session=session, change=body.change(), by=request.user, at=timezone.now())
    return _out(request, session.pk)


@router.post("/groups/{uuid:group_id}/cancellation/", response=RosterOut, summary="Call a group off")
@endpoint("scheduling.manage_groups")
def cancel_group(request: Request, group_id: UUID, body: GroupCancelIn) -> RosterOut:
    session = _visible(request, group_id)
    services.cancel_group(session=session, cancellation=body.call_off(), by=request.user, at=timezone.now())
    return _out(request, session.pk)


@router.post("/groups/{uuid:group_id}/participants/", response={201: AppointmentOut}, summary="Take a place in a group")
@endpoint("scheduling.book")
def join_group(request: Request, group_id: UUID, body: JoinIn) -> Status[AppointmentOut]:
    """409 `group-full` if there is none left: `POST /waiting/` with `session_id` waits for one. Leaving is cancelling
    the appointment.
    """
    count_booking(by=request.user)
    rows = GroupSession.objects.all() if is_patient(request.user) else GroupSession.objects.visible_to(request.user)
    visit = services.join_group(
        session=get_object_or_404(rows, pk=group_id),
        patient_id=body.patient_id,
        package_id=body.package_id,
        remark=body.remark,
        source="api",
        tell=body.tell,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, _visit_out(visit))


@router.put("/appointments/{uuid:appointment_id}/group/", response=AppointmentOut, summary="Change to another group")
@endpoint("scheduling.change_appointment")
def change_to_group(request: Request, appointment_id: UUID, body: GroupMoveIn) -> AppointmentOut:
    visible = Appointment.objects.visible_to(request.user)
    visit = services.change_to_group(
        appointment=get_object_or_404(visible, pk=appointment_id),
        session=get_object_or_404(GroupSession, pk=body.group_id),
        tell=body.tell,
        by=request.user,
        at=timezone.now(),
    )
    return _visit_out(visit)


def _visible(request: Request, group_id: UUID) -> GroupSession:
    return get_object_or_404(GroupSession.objects.visible_to(request.user).for_display(), pk=group_id)


def _out(request: Request, group_id: UUID) -> RosterOut:
    session = with_taken(GroupSession.objects.visible_to(request.user)).get(pk=group_id)
    rows = Appointment.objects.visible_to(request.user).for_display().with_services().filter(session=session)
    people = list(rows.order_by("session_place", "created_at"))
    note_listed(people, by=request.user)
    return RosterOut.with_people(session, people)


def _visit_out(visit: Appointment) -> AppointmentOut:
    return AppointmentOut.of(Appointment.objects.for_display().get(pk=visit.pk))
