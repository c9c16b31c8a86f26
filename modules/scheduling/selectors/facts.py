"""Everything that decides about a time, read at once: three queries, for a day of one as for a month of ten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from kernel.periods import Period, as_utc, days, local_period
from modules.scheduling.domain.hours import Stretch, Weekly, worked
from modules.scheduling.domain.minutes import Frame, Span
from modules.scheduling.models import Practitioner, Room, Service
from modules.scheduling.selectors.blocked import ByTarget, as_span, blocked_by_target
from modules.scheduling.selectors.gathered import DayRow, Gathered, Person, PieceRow, Thing, gather
from modules.scheduling.selectors.taken import Taken, read_taken, read_visits
from modules.scheduling.selectors.wanted import Wanted, minute_of

DAY = timedelta(days=1)

Zones = dict[UUID, ZoneInfo]  # by location


class Opening(NamedTuple):
    """A stretch in which somebody works at a location, and who may book it."""

    span: Span
    offered: str


Openings = dict[tuple[UUID, UUID], list[Opening]]  # by practitioner and location


class Kind(NamedTuple):
    """A kind of equipment that is needed, and the pieces there are."""

    id: UUID
    name: str
    pieces: list[Thing]


@dataclass(frozen=True)
class Facts:
    """What was read for one search. `around` reaches past it by the visit and its buffers."""

    wanted: Wanted
    search: Period
    around: Period
    people: Sequence[Person]
    zones: Zones  # of the locations where any of them works
    openings: Openings
    rooms: Sequence[Thing]
    kinds: Sequence[Kind]
    blocked: ByTarget
    taken: Taken
    visits: Sequence[tuple[UUID, UUID, list[Span]]] = field(default=())  # where a daily limit asks for them

    @property
    def frame(self) -> Frame:
        return Frame(minute_of(self.around.start), minute_of(self.around.end, up=True))

    def days_in(self, zone: ZoneInfo, *, margin: timedelta = timedelta(0)) -> Iterable[date]:
        """Return the local days on which a visit of this search may begin."""
        search = self.search.widened(before=margin, after=margin)
        return days(search.start.astimezone(zone).date(), search.end.astimezone(zone).date())


def read_facts(wanted: Wanted, search: Period) -> Facts:
    """Read all that decides about the starts within `search`.

    Counted in UTC: of two moments in one zone Python compares and adds up the clocks' faces, which is wrong when they
    change.
    """
    shape, search = wanted.shape, Period(as_utc(search.start), as_utc(search.end))
    around = search.widened(
        before=timedelta(minutes=shape.before), after=timedelta(minutes=shape.length + shape.after + 1)
    )
    found = gather(wanted, around)
    zones, openings = openings_among(found, wanted.location_id, around)
    rooms = [room for room in found.rooms if room.location_id in zones]
    kinds = _kinds(found.pieces, zones) if zones else []
    resources = [person.id for person in found.people]
    resources += [thing.id for things in (rooms, *(kind.pieces for kind in kinds)) for thing in things]
    return Facts(
        wanted=wanted,
        search=search,
        around=around,
        people=found.people,
        zones=zones,
        openings=openings,
        rooms=rooms,
        kinds=kinds,
        blocked=blocked_by_target(found.blocks, found.elsewhere, around),
        taken=read_taken(resources, around, ignoring=wanted.ignored),
        visits=_visits(wanted, found.people, search),
    )


def performing(services: Iterable[Service]) -> Any:
    """Return the practitioners who perform each of these services."""
    rows = Practitioner.objects.current()
    for service in services:
        rows = rows.filter(services=service)
    return rows.order_by("name", "pk")


def suitable_rooms(*services: Service) -> Any:
    """Return the rooms that suit all of these services: those named, else those of a type named, else any."""
    rows = Room.objects.current()
    for service in services:
        if service.needs_room:
            named = Service.rooms.through.objects.filter(service=service)
            typed = Service.room_types.through.objects.filter(service=service)
            rows = rows.filter(
                Exists(named.filter(room=OuterRef("pk")))
                | ~Exists(named) & (Exists(typed.filter(roomtype=OuterRef("room_type"))) | ~Exists(typed))
            )
    return rows.order_by("capacity", "name", "pk")


def openings_among(found: Gathered, location_id: UUID | None, around: Period) -> tuple[Zones, Openings]:
    """Return where people work around that time, and when."""
    first, last = around.start.date() - 2 * DAY, around.end.date() + 2 * DAY
    zones = {row.location_id: row.zone for row in found.weekly} | {
        row.location_id: row.zone for row in found.days if row.hours
    }
    weekly: defaultdict[tuple[UUID, UUID], list[Weekly]] = defaultdict(list)
    for rule in found.weekly:
        weekly[rule.practitioner_id, rule.location_id].append(rule.weekly)
    changed = _changed_days(found.days)
    resolved: dict[tuple[Stretch, UUID], Opening] = {}
    openings: Openings = {}
    for person, place in [(person.id, place) for person in found.people for place in zones]:
        if location_id is not None and place != location_id:
            continue
        instead = {day: by_place.get(place, ()) for day, by_place in changed[person].items()}
        for stretch in worked(weekly=weekly[person, place], instead=instead, days=days(first, last)):
            if (stretch, place) not in resolved:
                resolved[stretch, place] = _opening(stretch, zones[place])
            if resolved[stretch, place].span.length > 0:
                openings.setdefault((person, place), []).append(resolved[stretch, place])
    used = {place for _, place in openings}
    return {place: zone for place, zone in zones.items() if place in used}, openings


def _changed_days(rows: Iterable[DayRow]) -> defaultdict[UUID, dict[date, dict[UUID, list[Stretch]]]]:
    """Return the days that have hours of their own, by practitioner, day and location; a day off has none."""
    changed: defaultdict[UUID, dict[date, dict[UUID, list[Stretch]]]] = defaultdict(dict)
    for row in rows:
        by_place = changed[row.practitioner_id].setdefault(row.day, defaultdict(list))
        if row.hours is not None:
            by_place[row.location_id].append(row.hours)
    return changed


def _opening(stretch: Stretch, zone: ZoneInfo) -> Opening:
    return Opening(as_span(local_period(stretch.day, stretch.starts, stretch.ends, zone)), stretch.offered)


def _kinds(rows: Iterable[PieceRow], locations: Collection[UUID]) -> list[Kind]:
    """Return the kinds of equipment that are needed; a kind of which there is none here has no pieces."""
    kinds: dict[UUID, Kind] = {}
    for kind_id, name, piece in rows:
        kind = kinds.setdefault(kind_id, Kind(kind_id, name, []))
        if piece is not None and piece.location_id in locations:
            kind.pieces.append(piece)
    return list(kinds.values())


def _visits(wanted: Wanted, people: Sequence[Person], search: Period) -> list[tuple[UUID, UUID, list[Span]]]:
    """Return the visits of the days searched, if a daily limit is to be kept."""
    limited = any(person.daily_limit for person in people) or any(each.daily_limit for each in wanted.services)
    if not limited:
        return []
    day = search.widened(before=DAY, after=DAY)
    return read_visits([person.id for person in people], day, ignoring=wanted.ignored)
