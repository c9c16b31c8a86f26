"""Which times are free: everything that must hold at once, as one AND of bits. See `minutes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from modules.scheduling.domain.minutes import Frame, minutes_of, with_room_for


class Shape(NamedTuple):
    """How a visit lies in time, in minutes; `before` and `after` keep its people and things, not its patient."""

    length: int
    before: int = 0
    after: int = 0

    @property
    def whole(self) -> int:
        return self.before + self.length + self.after


class Calendar(NamedTuple):
    """Somebody's time at one location, as bits: the visit itself lies in `open`, with its buffers clear of `busy`.

    It may begin at a minute of `starts` only: on the grid, after the notice, on a day that is not full.
    """

    practitioner: UUID
    location: UUID
    open: int
    starts: int
    busy: int


class Resource(NamedTuple):
    """A room or a piece of equipment: what is busy at each of its places, as bits."""

    id: UUID
    places: Sequence[int]


class Offer(NamedTuple):
    """A time that can be had, with whom, where and with what (no room where none is needed)."""

    start: int
    practitioner: UUID
    location: UUID
    room: UUID | None
    equipment: tuple[UUID, ...]


Kinds = Sequence[Sequence[Resource]]  # of each kind that is needed, the pieces to choose from


def offers(
    *,
    frame: Frame,
    shape: Shape,
    calendars: Sequence[Calendar],
    rooms: Mapping[UUID, Sequence[Resource]] | None,
    equipment: Mapping[UUID, Kinds],
) -> list[Offer]:
    """Return every offer, by start and then in the order of the calendars.

    `rooms` and `equipment` are by location, best first; `rooms` is None for what needs no room. The frame reaches past
    every start by the whole shape, or what is beyond it counts as busy.
    """
    locations = {calendar.location for calendar in calendars}
    fitting = None if rooms is None else {here: _fitting(rooms.get(here, ()), shape, frame) for here in locations}
    kinds = {here: [_fitting(pieces, shape, frame) for pieces in equipment.get(here, ())] for here in locations}
    found: list[Offer] = []
    for calendar in calendars:
        starts = _free_starts(calendar, shape, frame)
        for room, kept in _shared_out(starts, None if fitting is None else fitting[calendar.location]):
            for pieces, left in _equipped(kept, kinds[calendar.location]):
                found += [
                    Offer(start, calendar.practitioner, calendar.location, room, pieces)
                    for start in minutes_of(left, frame)
                ]
    return sorted(found, key=itemgetter(0))  # which keeps the order of the calendars


def _free_starts(calendar: Calendar, shape: Shape, frame: Frame) -> int:
    """Return where the visit fits into what is open, and its buffers between what is busy.

    The buffers may lie outside the hours: preparing a room is not the practice being open.
    """
    if not calendar.starts or not calendar.open:
        return 0
    clear = with_room_for(~calendar.busy & frame.whole, shape.whole) << shape.before
    return with_room_for(calendar.open, shape.length) & clear & calendar.starts


Fitting = Sequence[tuple[UUID, int]]


def _fitting(resources: Sequence[Resource], shape: Shape, frame: Frame) -> Fitting:
    """Return where the visit fits into each resource: into one of its places as a whole, never half into two."""
    return [(each.id, _fits(each, shape, frame)) for each in resources]


def _fits(resource: Resource, shape: Shape, frame: Frame) -> int:
    starts = 0
    for busy in resource.places:
        starts |= with_room_for(~busy & frame.whole, shape.whole) << shape.before
    return starts


def _shared_out(starts: int, fitting: Fitting | None) -> list[tuple[UUID | None, int]]:
    """Give each start the first resource that is free then; what gets none is left out."""
    if fitting is None:
        return [(None, starts)] if starts else []
    out: list[tuple[UUID | None, int]] = []
    for resource, free in fitting:
        if taken := starts & free:
            out.append((resource, taken))
            starts ^= taken
    return out


def _equipped(starts: int, kinds: Sequence[Fitting]) -> list[tuple[tuple[UUID, ...], int]]:
    """Give each start one free piece of every kind."""
    groups: list[tuple[tuple[UUID, ...], int]] = [((), starts)]
    for fitting in kinds:
        groups = [
            ((*pieces, piece), left)
            for pieces, kept in groups
            for piece, left in _shared_out(kept, fitting)
            if piece is not None
        ]
    return groups
