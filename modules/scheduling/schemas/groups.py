"""A group: put into the calendar, changed, joined."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.schemas.appointments import AppointmentOut
from modules.scheduling.services import CallOff, GroupChange, GroupWish, Tell


class GroupIn(Schema):
    """Without a room a free one is found; without `places` there are as many as the service says."""

    service_id: UUID
    practitioner_id: UUID
    start_time: AwareDatetime
    end_time: AwareDatetime | None = None
    room_id: UUID | None = None
    places: int | None = Field(None, ge=1, le=500)
    title: str = Field("", max_length=100)

    def wish(self) -> GroupWish:
        return GroupWish(
            service_id=self.service_id,
            practitioner_id=self.practitioner_id,
            starts_at=self.start_time,
            ends_at=self.end_time,
            room_id=self.room_id,
            places=self.places,
            title=self.title,
        )


class GroupsIn(GroupIn):
    """The first group, and the RRULE of RFC 5545 by which it comes again, on the wall clock of the location."""

    rule: str = Field(max_length=200)
    skip: list[int] = Field(default_factory=list, max_length=104)  # numbers of those that are left out


class GroupChangeIn(Schema):
    """What is None stays. `version` is the group's as last seen. Everybody who comes goes with it, and is told."""

    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    places: int | None = Field(None, ge=1, le=500)
    title: str | None = Field(None, max_length=100)
    version: int | None = None
    notify_clients: bool = True

    def change(self) -> GroupChange:
        return GroupChange(
            starts_at=self.start_time,
            ends_at=self.end_time,
            practitioner_id=self.practitioner_id,
            room_id=self.room_id,
            places=self.places,
            title=self.title,
            version=self.version,
            tell=Tell.SOON if self.notify_clients else Tell.NOT,
        )


class GroupCancelIn(Schema):
    reason: str = Field("", max_length=200)
    version: int | None = None
    notify_clients: bool = True

    def call_off(self) -> CallOff:
        tell = Tell.SOON if self.notify_clients else Tell.NOT
        return CallOff(reason=self.reason, version=self.version, tell=tell)


class JoinIn(Schema):
    """On the portal, `patient_id` may be left out by who looks after one patient."""

    patient_id: UUID | None = None
    package_id: UUID | None = None
    remark: str = Field("", max_length=500)
    notify_client: bool = True

    @property
    def tell(self) -> Tell:
        return Tell.AT_ONCE if self.notify_client else Tell.NOT


class GroupMoveIn(Schema):
    group_id: UUID
    notify_client: bool = True

    @property
    def tell(self) -> Tell:
        return Tell.AT_ONCE if self.notify_client else Tell.NOT


class GroupsWanted(Schema):
    """Groups that overlap the stretch from `from` to `to`; the coming four weeks if nothing is said."""

    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None


class GroupOut(Schema):
    id: UUID
    version: int
    status: Literal["SCHEDULED", "CANCELLED"]
    title: str
    service_id: UUID
    service_name: str
    practitioner_id: UUID
    practitioner_name: str
    room_id: UUID | None
    room_name: str | None
    start_time: Moment
    end_time: Moment
    places: int
    free_places: int
    price: str
    currency: str
    series_id: UUID | None

    @staticmethod
    def of(session: Any) -> GroupOut:
        """`session` comes with how many places are `taken`."""
        zone, service = session.location.zone, session.service
        return GroupOut(
            id=session.pk,
            version=session.version,
            status=session.status,
            title=str(session),
            service_id=service.pk,
            service_name=service.name,
            practitioner_id=session.practitioner_id,
            practitioner_name=session.practitioner.name,
            room_id=session.room_id,
            room_name=session.room.name if session.room else None,
            start_time=session.starts_at.astimezone(zone),
            end_time=session.ends_at.astimezone(zone),
            places=session.places,
            free_places=max(session.places - session.taken, 0),
            price=str(service.price),
            currency=service.currency,
            series_id=session.series_id,
        )


class RosterOut(GroupOut):
    """A group with who comes."""

    participants: list[AppointmentOut]

    @staticmethod
    def with_people(session: Any, visits: list[Any]) -> RosterOut:
        people = [AppointmentOut.of(visit) for visit in visits]
        return RosterOut(**GroupOut.of(session).model_dump(), participants=people)
