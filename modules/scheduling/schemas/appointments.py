"""A visit: booked, changed, shown."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from modules.crm.public import NoteText
from modules.scheduling.models import Appointment

StatusName = Literal["SCHEDULED", "CONFIRMED", "CHECKED_IN", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"]


class BookIn(Schema):
    service_id: UUID
    start_time: AwareDatetime
    end_time: AwareDatetime | None = None
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    remark: str = Field("", max_length=500)


class ChangeIn(Schema):
    """One change at a time: another `start_time`, or the next `status`."""

    start_time: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    status: StatusName | None = None
    reason: str = Field("", max_length=200)


class AppointmentOut(Schema):
    id: UUID
    status: StatusName
    start_time: Moment
    end_time: Moment
    patient_id: UUID
    patient_name: str
    service_id: UUID
    service_name: str
    practitioner_id: UUID
    practitioner_name: str
    room_id: UUID | None
    room_name: str | None
    price: str
    currency: str
    remark: str
    source: str
    cancel_reason: str
    version: int
    created_at: Moment

    @staticmethod
    def of(appointment: Appointment) -> AppointmentOut:
        zone, service, room = appointment.location.zone, appointment.service, appointment.room
        return AppointmentOut(
            id=appointment.pk,
            status=cast("StatusName", appointment.status),
            start_time=appointment.starts_at.astimezone(zone),
            end_time=appointment.ends_at.astimezone(zone),
            patient_id=appointment.patient_id,
            patient_name=appointment.patient.name,
            service_id=service.pk,
            service_name=service.name,
            practitioner_id=appointment.practitioner_id,
            practitioner_name=appointment.practitioner.name,
            room_id=room.pk if room else None,
            room_name=room.name if room else None,
            price=str(service.price),
            currency=service.currency,
            remark=appointment.remark,
            source=appointment.source,
            cancel_reason=appointment.cancel_reason,
            version=appointment.version,
            created_at=appointment.created_at,
        )


class AppointmentsIn(Schema):
    """Filters. `from` and `to` are moments; visits that overlap them are listed."""

    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None
    status: StatusName | None = None
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None


class NoteIn(Schema):
    subjective: str = Field("", max_length=20_000)
    objective: str = Field("", max_length=20_000)
    assessment: str = Field("", max_length=20_000)
    plan: str = Field("", max_length=20_000)
    shared_with_patient: bool = False


class VisitNoteOut(Schema):
    id: UUID
    author_name: str
    subjective: str
    objective: str
    assessment: str
    plan: str
    shared_with_patient: bool
    written_at: Moment
    signed_at: Moment | None

    @staticmethod
    def of(note: NoteText) -> VisitNoteOut:
        return VisitNoteOut.model_validate(note, from_attributes=True)
