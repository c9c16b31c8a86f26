"""Arrivals: what was noted when somebody came."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, version_in
from modules.scheduling import services
from modules.scheduling.models import Appointment, CheckIn
from modules.scheduling.schemas.arrivals import ArrivalIn, CheckInOut, CheckInRulesBody, ChecklistOut
from modules.scheduling.selectors import Missing, missing_at, rules_of_check_in
from modules.scheduling.services.practice.check_in_rules import set_check_in_rules
from tenancy.requests import Request

router = Router()


@router.get("/appointments/{uuid:appointment_id}/check-in/", response=CheckInOut, summary="The arrival for a visit")
@endpoint("scheduling.run_visit")
def get_check_in(request: Request, appointment_id: UUID) -> CheckInOut:
    appointment = _visible(request, appointment_id)
    check_in = get_object_or_404(CheckIn.objects.select_related("appointment__practitioner"), appointment=appointment)
    audit.viewed(of=appointment, by=request.user)
    return CheckInOut.of(check_in, seen_by=request.user)


@router.put("/appointments/{uuid:appointment_id}/check-in/", response=CheckInOut, summary="Note an arrival")
@endpoint("scheduling.run_visit")
def note_arrival(request: Request, appointment_id: UUID, body: ArrivalIn, if_match: IfMatch = "") -> CheckInOut:
    """Checks the person in, if nobody has. What is left out stays as it is."""
    check_in = services.note_arrival(
        appointment=_visible(request, appointment_id),
        arrival=body.arrival(),
        version=version_in(if_match),
        by=request.user,
        at=timezone.now(),
    )
    return CheckInOut.of(check_in, seen_by=request.user)


@router.get("/appointments/{uuid:appointment_id}/check-list/", response=ChecklistOut, summary="What is still missing")
@endpoint("scheduling.run_visit")
def get_checklist(request: Request, appointment_id: UUID) -> ChecklistOut:
    appointment = _visible(request, appointment_id)
    audit.viewed(of=appointment, by=request.user)
    missing = missing_at([appointment], user=request.user).get(appointment.pk)
    return ChecklistOut.of(appointment, missing or Missing())


@router.get("/check-in-rules/", response=CheckInRulesBody, summary="What is asked for at the check-in")
@endpoint("scheduling.manage")
def get_rules(request: Request) -> CheckInRulesBody:
    return CheckInRulesBody.of(rules_of_check_in())


@router.put("/check-in-rules/", response=CheckInRulesBody, summary="Set what is asked for at the check-in")
@endpoint("scheduling.manage")
def change_rules(request: Request, body: CheckInRulesBody) -> CheckInRulesBody:
    return CheckInRulesBody.of(set_check_in_rules(asked=body.items(), forms=body.rule_of_forms(), by=request.user))


def _visible(request: Request, appointment_id: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)
