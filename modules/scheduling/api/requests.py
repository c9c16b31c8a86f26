"""What was asked for online: say yes, at that time or another, or no."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from httpapi.doors import endpoint
from modules.scheduling import services
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.appointments import AppointmentOut
from modules.scheduling.schemas.requests import AcceptanceIn, RefusalIn
from tenancy.requests import Request

router = Router()


@router.post(
    "/appointments/{uuid:appointment_id}/acceptance/", response=AppointmentOut, summary="Accept what was asked for"
)
@endpoint("scheduling.run_visit")
def accept(request: Request, appointment_id: UUID, body: AcceptanceIn) -> AppointmentOut:
    """Makes a visit of an appointment that is `REQUESTED`; the client hears of it."""
    appointment = _visible(request, appointment_id)
    services.accept_request(appointment=appointment, to=body.move(), by=request.user, at=timezone.now())
    return _out(appointment)


@router.post(
    "/appointments/{uuid:appointment_id}/refusal/", response=AppointmentOut, summary="Decline what was asked for"
)
@endpoint("scheduling.run_visit")
def decline(request: Request, appointment_id: UUID, body: RefusalIn) -> AppointmentOut:
    """The client hears why, and when else it is free; the time is free at once."""
    appointment = _visible(request, appointment_id)
    services.decline_request(appointment=appointment, reason=body.reason, by=request.user, at=timezone.now())
    return _out(appointment)


def _visible(request: Request, appointment_id: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)


def _out(appointment: Appointment) -> AppointmentOut:
    return AppointmentOut.of(Appointment.objects.for_display().get(pk=appointment.pk))
