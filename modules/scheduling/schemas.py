"""The wire shapes of the calendar."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from modules.crm.public import NoteText
from modules.scheduling.models import Appointment, Room, Service

StatusName = Literal["SCHEDULED", "CONFIRMED", "CHECKED_IN", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"]


class RoomOut(Schema):
    id: UUID
    name: str
    capacity: int
    location_id: UUID

    @staticmethod
    def of(room: Room) -> RoomOut:
        return RoomOut(id=room.pk, name=room.name, capacity=room.capacity, location_id=room.location_id)


class PractitionerOut(Schema):
    id: UUID
    name: str


class ServiceOut(Schema):
    """Times in minutes. `room_ids` is empty where any room will do."""

    id: UUID
    name: str
    duration: int
    buffer_before: int
    buffer_after: int
    price: str
    currency: str
    tax_rate: str
    needs_room: bool
    bookable_online: bool
    practitioners: list[PractitionerOut]
    room_ids: list[UUID]

    @staticmethod
    def of(service: Service) -> ServiceOut:
        return ServiceOut(
            id=service.pk,
            name=service.name,
            duration=service.duration,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            price=str(service.price),
            currency=service.currency,
            tax_rate=str(service.tax_rate),
            needs_room=service.needs_room,
            bookable_online=service.bookable_online,
            practitioners=[PractitionerOut(id=each.pk, name=each.name) for each in service.practitioners.all()],
            room_ids=[room.pk for room in service.rooms.all()],
        )


class SlotsIn(Schema):
    """`from` and `to` are days (both included, in the practice's own time) or moments (`to` excluded)."""

    service_id: UUID
    from_: date | AwareDatetime = Field(alias="from")
    to: date | AwareDatetime
    practitioner_id: UUID | None = None
    room_id: UUID | None = None


class SlotOut(Schema):
    start_time: Moment
    end_time: Moment
    practitioner_id: UUID
    room_id: UUID | None


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
