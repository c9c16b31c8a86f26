"""What is offered, where and when."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.models import Room, Service
from modules.scheduling.schemas.availability import OfferedName
from modules.scheduling.selectors import Obstacle, Slot, Wanted

AudienceName = Literal["ANY", "NEW", "KNOWN"]


class RoomOut(Schema):
    id: UUID
    name: str
    capacity: int
    location_id: UUID
    room_type: str | None

    @staticmethod
    def of(room: Room) -> RoomOut:
        kind = room.room_type.name if room.room_type else None
        return RoomOut(id=room.pk, name=room.name, capacity=room.capacity, location_id=room.location_id, room_type=kind)


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
    offered: OfferedName
    audience: AudienceName
    notice_minutes: int
    horizon_days: int | None
    step_minutes: int
    daily_limit: int | None
    needs_confirmation: bool
    by_video: bool
    practitioners: list[PractitionerOut]
    room_ids: list[UUID]
    room_type_ids: list[UUID]
    equipment_kind_ids: list[UUID]

    @staticmethod
    def of(service: Service) -> ServiceOut:
        same = ("audience", "notice_minutes", "horizon_days", "daily_limit", "needs_confirmation", "by_video")
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
            room_type_ids=[each.pk for each in service.room_types.all()],
            equipment_kind_ids=[each.pk for each in service.equipment_kinds.all()],
            offered=cast("OfferedName", service.offered),
            step_minutes=service.step,
            **{name: getattr(service, name) for name in same},
        )


class WantedIn(Schema):
    """What is looked for. `also` are further services of the same visit; `earliest` and `latest` local times of day."""

    service_id: UUID
    also: list[UUID] = Field(default_factory=list, max_length=10)
    practitioner_id: UUID | None = None
    practitioner_ids: list[UUID] = Field(default_factory=list, max_length=100)
    room_id: UUID | None = None
    location_id: UUID | None = None
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list, max_length=7)  # 0 is Monday
    earliest: time | None = None
    latest: time | None = None
    minutes: int | None = Field(None, ge=5, le=1440)  # instead of the services' own length
    moving: UUID | None = None  # an appointment whose own time counts as free

    def wanted(self, services: tuple[Service, ...], *, moving: UUID | None) -> Wanted:
        people = {*self.practitioner_ids, *([self.practitioner_id] if self.practitioner_id else [])}
        limited = self.earliest is not None or self.latest is not None
        return Wanted(
            services,
            practitioner_ids=frozenset(people) or None,
            room_id=self.room_id,
            location_id=self.location_id,
            weekdays=frozenset(self.weekdays) or None,
            between=(self.earliest or time.min, self.latest or time.min) if limited else None,
            length=self.minutes,
            ignoring=moving,
        )


class SlotsIn(WantedIn):
    """`from` and `to` are days (both included, in the practice's own time) or moments (`to` excluded)."""

    from_: date | AwareDatetime = Field(alias="from")
    to: date | AwareDatetime


class NextIn(WantedIn):
    after: AwareDatetime | None = None
    most: int = Field(1, ge=1, le=20)


class WhyIn(WantedIn):
    start_time: AwareDatetime
    online: bool = False  # as for somebody who books online, instead of at the desk


class SlotOut(Schema):
    start_time: Moment
    end_time: Moment
    practitioner_id: UUID
    room_id: UUID | None
    location_id: UUID
    equipment_ids: list[UUID]


def slot_as_json(slot: Slot) -> dict[str, Any]:
    """Return what `SlotOut` says: a month has thousands of them."""
    return {
        "start_time": slot.starts_at,
        "end_time": slot.ends_at,
        "practitioner_id": slot.practitioner_id,
        "room_id": slot.room_id,
        "location_id": slot.location_id,
        "equipment_ids": slot.equipment_ids,
    }


class ObstacleOut(Schema):
    code: str
    sentence: str
    practitioner_id: UUID | None
    room_id: UUID | None
    equipment_id: UUID | None
    start_time: Moment | None
    end_time: Moment | None


class WhyOut(Schema):
    """Nothing in the way, and it can be booked."""

    offered: bool
    obstacles: list[ObstacleOut]

    @staticmethod
    def of(found: list[Obstacle]) -> WhyOut:
        same = ("code", "sentence", "practitioner_id", "room_id", "equipment_id")
        return WhyOut(
            offered=not found,
            obstacles=[
                ObstacleOut(
                    start_time=each.starts_at, end_time=each.ends_at, **{name: getattr(each, name) for name in same}
                )
                for each in found
            ],
        )
