"""A stretch of the calendar in one answer."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.schemas.appointments import StatusName


class CalendarIn(Schema):
    """`from` and `to` are days in the location's own time, both included; `practitioner_id` narrows to some."""

    from_: date = Field(alias="from")
    to: date
    by: Literal["practitioner", "room", "service"] = "practitioner"
    practitioner_id: list[UUID] = []


class ResourceOut(Schema):
    """A practitioner, room or service. `category` is its colour, 1 to 8; `capacity` how many visits at a time."""

    id: UUID
    name: str
    category: int
    capacity: int


class CalendarVisitOut(Schema):
    """A visit that holds its time or was missed. The names of what it refers to are in the lists beside it."""

    id: UUID
    start_time: Moment
    end_time: Moment
    status: StatusName
    version: int
    patient_id: UUID
    patient_name: str
    service_id: UUID
    practitioner_id: UUID
    room_id: UUID | None


class CalendarGroupOut(Schema):
    """A class or group that takes place; `taken` of its `places` are. Who takes part is not among the visits."""

    id: UUID
    title: str
    start_time: Moment
    end_time: Moment
    version: int
    places: int
    taken: int
    service_id: UUID
    practitioner_id: UUID
    room_id: UUID | None


class HeldTimeOut(Schema):
    """A time that somebody who is booking online keeps just now."""

    practitioner_id: UUID
    room_id: UUID | None
    start_time: Moment
    end_time: Moment
    expires_at: Moment


class CalendarOut(Schema):
    """`columns` are the ids of what `by` asks for, in the order of the page."""

    from_: date = Field(alias="from")
    to: date
    time_zone: str
    by: Literal["practitioner", "room", "service"]
    columns: list[UUID]
    practitioners: list[ResourceOut]
    rooms: list[ResourceOut]
    services: list[ResourceOut]
    visits: list[CalendarVisitOut]
    sessions: list[CalendarGroupOut]
    held: list[HeldTimeOut]
