"""When somebody works, and what is blocked."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.models import Block, BlockKind, DayHours, WorkingHours
from modules.scheduling.services.practice.blocking import BlockWish

OfferedName = Literal["ONLINE", "CONTACT", "STAFF"]
KindName = Literal["LEAVE", "BREAK", "PERSONAL", "CLOSURE", "MAINTENANCE"]
Weekday = Annotated[int, Field(ge=0, le=6)]


class StretchIn(Schema):
    """On the wall clock of the location; it ends the next day if `ends` is not after `starts`."""

    weekday: Weekday  # 0 is Monday
    starts: time
    ends: time


class PlanIn(Schema):
    """A week that holds always, or from a day on, until one, every n-th week. It replaces the plan of the same kind."""

    location_id: UUID
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1
    offered: OfferedName = "ONLINE"
    stretches: list[StretchIn] = Field(max_length=70)
    ending_others: bool = False  # end the hours that go on the day before `valid_from`


class HoursOut(Schema):
    location_id: UUID
    weekday: int
    starts: time
    ends: time
    valid_from: date | None
    valid_until: date | None
    every_weeks: int
    offered: OfferedName

    @staticmethod
    def of(row: WorkingHours) -> HoursOut:
        return HoursOut(
            location_id=row.location_id,
            weekday=row.weekday,
            starts=row.starts,
            ends=row.ends,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            every_weeks=row.every_weeks,
            offered=cast("OfferedName", row.offered),
        )


class TimesIn(Schema):
    starts: time
    ends: time


class DayIn(Schema):
    """The hours of one day instead of those of the week; none is a day off."""

    location_id: UUID
    stretches: list[TimesIn] = Field(max_length=10)
    offered: OfferedName = "ONLINE"


class DayOut(Schema):
    """A stretch of a day that has hours of its own; `starts` and `ends` are null on a day off."""

    day: date
    location_id: UUID
    starts: time | None
    ends: time | None
    offered: OfferedName

    @staticmethod
    def of(row: DayHours) -> DayOut:
        return DayOut(
            day=row.day,
            location_id=row.location_id,
            starts=row.starts,
            ends=row.ends,
            offered=cast("OfferedName", row.offered),
        )


class BlockTimesIn(Schema):
    """Wall clock of the location; without `starts` and `ends`, whole days. `rule` is an RRULE of RFC 5545."""

    first_day: date
    last_day: date | None = None
    starts: time | None = None
    ends: time | None = None
    rule: str = Field("", max_length=200)
    skipped: list[date] = Field(default_factory=list, max_length=400)
    note: str = Field("", max_length=300)


class BlockIn(BlockTimesIn):
    """Leave, breaks and blocks are of a practitioner, closures of a location, maintenance of a room or equipment."""

    kind: KindName
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    equipment_id: UUID | None = None
    location_id: UUID | None = None

    def wish(self) -> BlockWish:
        return BlockWish(**(self.dict() | {"kind": BlockKind(self.kind)}))


class CallOffIn(Schema):
    reason: str = Field("", max_length=200)


class BlocksIn(Schema):
    """Filters. `from` and `to` are days: blocks that may happen between them are listed."""

    from_: date | None = Field(None, alias="from")
    to: date | None = None
    kind: KindName | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    called_off: bool = False


class BlockOut(Schema):
    id: UUID
    kind: KindName
    about: str
    practitioner_id: UUID | None
    room_id: UUID | None
    equipment_id: UUID | None
    location_id: UUID
    first_day: date
    last_day: date
    starts: time | None
    ends: time | None
    rule: str
    skipped: list[date]
    note: str
    created_at: Moment
    created_by_name: str
    called_off_at: Moment | None
    called_off_by_name: str
    reason: str

    @staticmethod
    def of(block: Block) -> BlockOut:
        same = ("first_day", "last_day", "starts", "ends", "rule", "skipped", "note", "created_at", "created_by_name")
        return BlockOut(
            id=block.pk,
            kind=cast("KindName", block.kind),
            about=str(block.target),
            practitioner_id=block.practitioner_id,
            room_id=block.room_id,
            equipment_id=block.equipment_id,
            location_id=block.location_id,
            called_off_at=block.ended_at,
            called_off_by_name=block.ended_by_name,
            reason=block.end_reason,
            **{name: getattr(block, name) for name in same},
        )


class BlockSetOut(Schema):
    """The block, and the visits that it falls on: they stay as they are until somebody moves them."""

    block: BlockOut
    visit_ids: list[UUID]
