"""Visits: list, book, move, run, and their notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.gateways.deposits import deposit_of
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.appointments import (
    AppointmentOut,
    AppointmentsIn,
    BookIn,
    ChangeIn,
    DepositOut,
    NoteIn,
    VisitNoteOut,
)
from modules.scheduling.services.online.pace import count_booking
from modules.scheduling.services.visits.history import note_listed
from tenancy.requests import Request

router = Router()


@router.get("/appointments/", response=Page[AppointmentOut], summary="Appointments")
@endpoint("scheduling.view_appointment")
def list_appointments(request: Request, page: Query[PageIn], wanted: Query[AppointmentsIn]) -> dict[str, Any]:
    rows = Appointment.objects.visible_to(request.user).for_display().with_services().in_order()
    if wanted.from_ or wanted.to:
        rows = rows.filter(period__overlap=(wanted.from_, wanted.to))
    named = {"status": wanted.status, "patient_id": wanted.patient_id, "practitioner_id": wanted.practitioner_id}
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    return page_of(rows, page, AppointmentOut.of, seen=lambda shown: note_listed(shown, by=request.user))


@router.post("/appointments/", response={201: AppointmentOut}, summary="Book an appointment")
@endpoint("scheduling.book")
def book(request: Request, body: BookIn) -> Status[AppointmentOut]:
    count_booking(by=request.user)
    appointment = services.book_appointment(wish=body.wish(), by=request.user, at=timezone.now())
    return Status(201, _out(appointment))


@router.get("/appointments/{uuid:appointment_id}/", response=AppointmentOut, summary="One appointment")
@endpoint("scheduling.view_appointment")
def get_appointment(request: Request, response: HttpResponse, appointment_id: UUID) -> AppointmentOut:
    """The `ETag` is the appointment's version."""
    appointment = _visible(request, appointment_id)
    audit.viewed(of=appointment, by=request.user)
    return _tagged(response, appointment)


@router.patch(
    "/appointments/{uuid:appointment_id}/", response=AppointmentOut, summary="Move an appointment, or take it on"
)
@endpoint("scheduling.change_appointment")
def change(
    request: Request,
    response: HttpResponse,
    appointment_id: UUID,
    body: ChangeIn,
    if_match: IfMatch = "",
) -> AppointmentOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409 with what the appointment is now."""
    appointment = _visible(request, appointment_id)
    if body.is_move == (body.status is not None):
        sentence = "Send either where it is to be or a status."
        raise Invalid(sentence, fields={"start_time": [sentence], "status": [sentence]})
    version, by, at = version_in(if_match), request.user, timezone.now()
    if body.is_move:
        services.move_appointment(appointment=appointment, to=body.move(version=version), by=by, at=at)
    elif body.status == "CANCELLED":
        called_off = body.call_off(version=version, currency=request.tenant.currency)
        services.cancel_appointment(appointment=appointment, cancellation=called_off, by=by, at=at)
    else:
        services.set_status(
            appointment=appointment, status=str(body.status), reason=body.reason, version=version, by=by, at=at
        )
    return _tagged(response, Appointment.objects.for_display().get(pk=appointment.pk))


@router.get("/appointments/{uuid:appointment_id}/deposit/", response=DepositOut, summary="The deposit of a visit")
@endpoint("scheduling.view_appointment")
def get_deposit(request: Request, appointment_id: UUID) -> DepositOut:
    appointment = _visible(request, appointment_id)
    deposit = deposit_of(appointment.pk)
    if deposit is None:
        raise Http404
    audit.viewed(of=appointment, by=request.user)
    return DepositOut.of(deposit)


@router.get("/appointments/{uuid:appointment_id}/note/", response=VisitNoteOut, summary="The note of a visit")
@endpoint("crm.view_note")
def get_note(request: Request, appointment_id: UUID) -> VisitNoteOut:
    appointment = _visible(request, appointment_id)
    note = crm.note_of_visit(appointment.pk, seen_by=request.user)
    if note is None:
        raise Http404
    audit.viewed(of=appointment, by=request.user, how="viewed_note")
    return VisitNoteOut.of(note)


@router.put("/appointments/{uuid:appointment_id}/note/", response=VisitNoteOut, summary="Write the note of a visit")
@endpoint("crm.write_note")
def write_note(request: Request, appointment_id: UUID, body: NoteIn) -> VisitNoteOut:
    sections = body.dict(exclude={"shared_with_patient"})
    note = services.save_note(
        appointment=_visible(request, appointment_id),
        sections=sections,
        shared=body.shared_with_patient,
        by=request.user,
        at=timezone.now(),
    )
    return VisitNoteOut.of(note)


@router.post(
    "/appointments/{uuid:appointment_id}/note/signature/",
    response={201: VisitNoteOut},
    summary="Sign the note of a visit",
)
@endpoint("crm.sign_note")
def sign_note(request: Request, appointment_id: UUID) -> Status[VisitNoteOut]:
    note = services.sign_note(appointment=_visible(request, appointment_id), by=request.user, at=timezone.now())
    return Status(201, VisitNoteOut.of(note))


def _visible(request: Request, appointment_id: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)


def _tagged(response: HttpResponse, appointment: Appointment) -> AppointmentOut:
    tag(response, appointment.version)
    return AppointmentOut.of(appointment)


def _out(appointment: Appointment) -> AppointmentOut:
    return AppointmentOut.of(Appointment.objects.for_display().get(pk=appointment.pk))
