"""Visits: list, book, move, run, and their notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.models import Appointment
from modules.scheduling.schemas.appointments import (
    AppointmentOut,
    AppointmentsIn,
    BookIn,
    ChangeIn,
    NoteIn,
    VisitNoteOut,
)
from modules.scheduling.services import Wish
from modules.scheduling.services.history import note_listed
from modules.scheduling.services.pace import count_booking
from tenancy.requests import Request

router = Router()


@router.get("/appointments/", response=Page[AppointmentOut], summary="Appointments")
@endpoint("scheduling.view_appointment")
def list_appointments(request: Request, page: Query[PageIn], wanted: Query[AppointmentsIn]) -> dict[str, Any]:
    rows = Appointment.objects.visible_to(request.user).for_display().in_order()
    if wanted.from_ or wanted.to:
        rows = rows.filter(period__overlap=(wanted.from_, wanted.to))
    named = {"status": wanted.status, "patient_id": wanted.patient_id, "practitioner_id": wanted.practitioner_id}
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    return page_of(rows, page, AppointmentOut.of, seen=lambda shown: note_listed(shown, by=request.user))


@router.post("/appointments/", response={201: AppointmentOut}, summary="Book an appointment")
@endpoint("scheduling.book")
def book(request: Request, body: BookIn) -> Status[AppointmentOut]:
    wish = Wish(
        service_id=body.service_id,
        patient_id=body.patient_id,
        starts_at=body.start_time,
        ends_at=body.end_time,
        practitioner_id=body.practitioner_id,
        room_id=body.room_id,
        remark=body.remark,
        source="api",
    )
    count_booking(by=request.user)
    appointment = services.book_appointment(wish=wish, by=request.user, at=timezone.now())
    return Status(201, _out(appointment))


@router.get("/appointments/{uuid:appointment_id}/", response=AppointmentOut, summary="One appointment")
@endpoint("scheduling.view_appointment")
def get_appointment(request: Request, appointment_id: UUID) -> AppointmentOut:
    appointment = _visible(request, appointment_id)
    audit.viewed(of=appointment, by=request.user)
    return AppointmentOut.of(appointment)


@router.patch(
    "/appointments/{uuid:appointment_id}/", response=AppointmentOut, summary="Move an appointment, or take it on"
)
@endpoint("scheduling.change_appointment")
def change(request: Request, appointment_id: UUID, body: ChangeIn) -> AppointmentOut:
    appointment = _visible(request, appointment_id)
    if (body.start_time is None) == (body.status is None):
        sentence = "Send either a start_time or a status."
        raise Invalid(sentence, fields={"start_time": [sentence], "status": [sentence]})
    if body.start_time is not None:
        changed = services.move_appointment(
            appointment=appointment,
            starts_at=body.start_time,
            practitioner_id=body.practitioner_id,
            by=request.user,
            at=timezone.now(),
        )
    else:
        changed = services.set_status(
            appointment=appointment, status=str(body.status), reason=body.reason, by=request.user, at=timezone.now()
        )
    return _out(changed)


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


def _out(appointment: Appointment) -> AppointmentOut:
    return AppointmentOut.of(Appointment.objects.for_display().get(pk=appointment.pk))
