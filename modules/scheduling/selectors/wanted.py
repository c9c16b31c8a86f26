"""What somebody asks of the calendars, and what they get."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import ceil, floor
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period
from modules.scheduling.domain.availability import Shape
from modules.scheduling.domain.hours import Audience, Offered
from modules.scheduling.models import LONGEST_HORIZON, Service

LONGEST_SEARCH = timedelta(days=62)


@dataclass(frozen=True)
class Wanted:
    """A visit that is looked for: one service or several one after the other, and what was asked for besides.

    `between` is the local time of the start, from and until; it goes over midnight if it ends before it begins.
    `length` (minutes) replaces the services' own. `ignoring` is the appointment, or those, or the group, whose own time
    counts as free: what is to be moved.
    """

    services: tuple[Service, ...]
    practitioner_ids: frozenset[UUID] | None = None
    room_id: UUID | None = None
    location_id: UUID | None = None
    weekdays: frozenset[int] | None = None
    between: tuple[time, time] | None = None
    length: int | None = None
    ignoring: UUID | frozenset[UUID] | None = None

    @cached_property
    def shape(self) -> Shape:
        length = self.length or sum(service.duration for service in self.services)
        if not self.services:
            return Shape(length)
        return Shape(length, self.services[0].buffer_before, self.services[-1].buffer_after)

    @property
    def ignored(self) -> Collection[UUID]:
        if self.ignoring is None:
            return ()
        return self.ignoring if isinstance(self.ignoring, frozenset) else (self.ignoring,)

    @property
    def step(self) -> int:
        return self.services[0].step

    @property
    def needs_room(self) -> bool:
        return any(service.needs_room for service in self.services)

    @property
    def notice(self) -> timedelta:
        return timedelta(minutes=max(service.notice_minutes for service in self.services))

    @property
    def horizon(self) -> timedelta:
        return timedelta(days=min(service.horizon_days or LONGEST_HORIZON for service in self.services))

    @property
    def offered(self) -> Offered:
        """Return who may book all of it: the strictest of its services decides."""
        offered = {service.offered for service in self.services}
        return next((rule for rule in (Offered.STAFF, Offered.CONTACT) if rule in offered), Offered.ONLINE)

    def is_for(self, asker: Asker) -> bool:
        """Test whether each service is for people like this one; who is not known yet may look."""
        if not asker.online or asker.known is None:
            return True
        refused = Audience.NEW if asker.known else Audience.KNOWN
        return all(service.audience != refused for service in self.services)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who looks. The desk is bound by hours, blocks, places and daily limits; people online by every rule.

    `known` says whether they are a patient already, None before that is known. With `any_time`, starts every five
    minutes count, too, and not only those that are listed: what the desk may book.
    """

    online: bool = False
    known: bool | None = None
    any_time: bool = False

    @classmethod
    def desk(cls, *, any_time: bool = False) -> Asker:
        return cls(any_time=any_time)

    @classmethod
    def patient(cls, *, known: bool | None = None) -> Asker:
        return cls(online=True, known=known)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked. The moments carry the location's own offset."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: UUID
    room_id: UUID | None
    location_id: UUID
    equipment_ids: tuple[UUID, ...] = field(default=())


def search_of_days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Return the local days from `first` to `last`, both included, as a period."""
    return Period(datetime.combine(first, time.min, zone), datetime.combine(last + timedelta(days=1), time.min, zone))


def minute_of(moment: datetime, *, up: bool = False) -> int:
    """Return the whole minutes since 1970, rounded down unless `up`."""
    seconds = moment.timestamp()
    return ceil(seconds / 60) if up else floor(seconds / 60)
