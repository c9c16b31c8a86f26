"""What can be had at one moment: read once, for whoever is about to write it into the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period, as_utc
from modules.scheduling.domain.minutes import Span
from modules.scheduling.selectors.facts import Facts, read_facts
from modules.scheduling.selectors.fairness import fairest
from modules.scheduling.selectors.gathered import Thing
from modules.scheduling.selectors.obstacles import MINUTE, Obstacle, explained
from modules.scheduling.selectors.slots import busy_places, could_be_offered, slots_of
from modules.scheduling.selectors.wanted import Asker, Slot, Wanted, minute_of

MANY = 30  # ways to choose among rooms and devices: nobody has so many free at once

Taking = tuple[UUID, int]  # a room or piece of equipment, and which of its places


@dataclass(frozen=True)
class Setting:
    """Where a visit can be held: the location, a place in a room if it needs one, and a place at each device."""

    location_id: UUID
    room: Taking | None
    equipment: tuple[Taking, ...] = ()


@dataclass(frozen=True)
class Moment:
    """The facts about one start, and the slots among them."""

    facts: Facts
    starts_at: datetime
    at: datetime
    asker: Asker
    slots: list[Slot]

    @property
    def whole(self) -> Span:
        """The visit with its buffers."""
        start, shape = minute_of(self.starts_at), self.facts.wanted.shape
        return Span(start - shape.before, start + shape.length + shape.after)

    def offered_by(self) -> list[UUID]:
        """Return who could take it, whoever has least to do first."""
        left, order = list(self.slots), []
        while left:
            chosen = fairest(left, zone=self._zone(left[0]), ignoring=self.facts.wanted.ignored)
            order.append(chosen.practitioner_id)
            left = [slot for slot in left if slot.practitioner_id != chosen.practitioner_id]
        return order

    def obstacles(self) -> list[Obstacle]:
        return explained(self.facts, self.starts_at, at=self.at, asker=self.asker)

    def settings(self, practitioner_id: UUID) -> list[Setting]:
        """Return where this practitioner can hold it, best first; where it is not offered, where they usually would."""
        offered = [slot.location_id for slot in self.slots if slot.practitioner_id == practitioner_id]
        works = [place for who, place in self.facts.openings if who == practitioner_id]
        places = list(dict.fromkeys(offered or works or [room.location_id for room in self.facts.rooms]))
        return [setting for place in places for setting in self._settings_at(place, any_state=not offered)]

    def _settings_at(self, place: UUID, *, any_state: bool) -> list[Setting]:
        rooms = self._takings([room for room in self.facts.rooms if room.location_id == place], any_state=any_state)
        kinds = [
            self._takings([piece for piece in kind.pieces if piece.location_id == place], any_state=any_state)
            for kind in self.facts.kinds
        ]
        in_rooms = rooms if self.facts.wanted.needs_room or self.facts.wanted.room_id else [None]
        ways = islice(product(in_rooms, *kinds), MANY)
        return [Setting(place, room, tuple(each for each in pieces if each)) for room, *pieces in ways]

    def _takings(self, things: list[Thing], *, any_state: bool) -> list[Taking | None]:
        """Return the places that look free; if none need be, then at least one, so that a clash can be told."""
        free: list[Taking | None] = [
            (thing.id, number)
            for thing in things
            for number, busy in enumerate(busy_places(self.facts, thing), start=1)
            if not any(span.meets(self.whole) for span in busy)
        ]
        return free or ([(thing.id, 1) for thing in things[:1]] if any_state else [])

    def _zone(self, slot: Slot) -> ZoneInfo:
        return self.facts.zones[slot.location_id]


def read_moment(*, wanted: Wanted, starts_at: datetime, at: datetime, asker: Asker) -> Moment:
    """Read all that decides about one start."""
    starts_at, at = as_utc(starts_at), as_utc(at)
    facts = read_facts(wanted, Period(starts_at, starts_at + MINUTE))
    found = slots_of(facts, at=at, asker=asker) if could_be_offered(wanted, asker) else []
    return Moment(facts, starts_at, at, asker, [slot for slot in found if as_utc(slot.starts_at) == starts_at])
