"""What is offered, where and when."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from modules.scheduling.models import Room, Service


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
