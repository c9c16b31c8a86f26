"""Everything that decides about a time, read at once: as many queries for a day of one as for a month of ten."""

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
from modules.scheduling.models import DayHours, EquipmentKind, Practitioner, Room, Service, WorkingHours
from modules.scheduling.selectors.blocked import ByTarget, as_span, read_blocked
from modules.scheduling.selectors.taken import Taken, read_taken, read_visits
from modules.scheduling.selectors.wanted import Wanted, minute_of

DAY = timedelta(days=1)

Zones = dict[UUID, ZoneInfo]  # by location


class Person(NamedTuple):
    id: UUID
    name: str
    daily_limit: int | None


class Thing(NamedTuple):
    """A room or a piece of equipment."""

    id: UUID
    name: str
    location_id: UUID
    capacity: int


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
    people = _people(wanted)
    ids = [person.id for person in people]
    zones, openings = read_openings(ids, wanted.location_id, around)
    rooms = _rooms(wanted, zones) if zones else ()
    kinds = _kinds(wanted, zones) if zones else ()
    things = [room.id for room in rooms] + [piece.id for kind in kinds for piece in kind.pieces]
    return Facts(
        wanted=wanted,
        search=search,
        around=around,
        people=people,
        zones=zones,
        openings=openings,
        rooms=rooms,
        kinds=kinds,
        blocked=read_blocked(practitioners=ids, locations=zones, things=things, around=around),
        taken=read_taken([*ids, *things], around, ignoring=wanted.ignored),
        visits=_visits(wanted, people, search),
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


def _people(wanted: Wanted) -> list[Person]:
    rows = performing(wanted.services)
    if wanted.practitioner_ids is not None:
        rows = rows.filter(pk__in=wanted.practitioner_ids)
    return [Person(*row) for row in rows.values_list("pk", "name", "daily_limit")]


def read_openings(people: Collection[UUID], location_id: UUID | None, around: Period) -> tuple[Zones, Openings]:
    """Return where these people work around that time, and when."""
    first, last = around.start.date() - 2 * DAY, around.end.date() + 2 * DAY
    zones: Zones = {}
    weekly = _weekly(people, first, last, zones)
    changed = _changed_days(people, first, last, zones)
    resolved: dict[tuple[Stretch, UUID], Opening] = {}
    openings: Openings = {}
    for person, place in [(person, place) for person in people for place in zones]:
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


def _weekly(
    people: Collection[UUID], first: date, last: date, zones: Zones
) -> defaultdict[tuple[UUID, UUID], list[Weekly]]:
    """Return the weekly hours by practitioner and location; note the locations' zones."""
    rows = WorkingHours.objects.filter(practitioner_id__in=people)
    rows = rows.exclude(valid_until__lt=first).exclude(valid_from__gt=last)
    names = ("weekday", "starts", "ends", "offered", "valid_from", "valid_until", "every_weeks")
    weekly: defaultdict[tuple[UUID, UUID], list[Weekly]] = defaultdict(list)
    for person, place, zone, *rule in rows.values_list("practitioner_id", "location_id", "location__time_zone", *names):
        zones[place] = ZoneInfo(zone)
        weekly[person, place].append(Weekly(*rule))
    return weekly


def _changed_days(
    people: Collection[UUID], first: date, last: date, zones: Zones
) -> defaultdict[UUID, dict[date, dict[UUID, list[Stretch]]]]:
    """Return the days that have hours of their own, by practitioner, day and location; a day off has none."""
    rows = DayHours.objects.filter(practitioner_id__in=people, day__range=(first, last)).order_by("starts")
    columns = ("practitioner_id", "location_id", "location__time_zone", "day", "starts", "ends", "offered")
    changed: defaultdict[UUID, dict[date, dict[UUID, list[Stretch]]]] = defaultdict(dict)
    for person, place, zone, day, starts, ends, offered in rows.values_list(*columns):
        by_place = changed[person].setdefault(day, defaultdict(list))
        if starts is not None:
            zones[place] = ZoneInfo(zone)
            by_place[place].append(Stretch(day, starts, ends, offered))
    return changed


def _opening(stretch: Stretch, zone: ZoneInfo) -> Opening:
    return Opening(as_span(local_period(stretch.day, stretch.starts, stretch.ends, zone)), stretch.offered)


def _rooms(wanted: Wanted, locations: Collection[UUID]) -> list[Thing]:
    if not wanted.needs_room:
        return []
    rows = suitable_rooms(*wanted.services).filter(location_id__in=locations)
    if wanted.room_id is not None:
        rows = rows.filter(pk=wanted.room_id)
    return [Thing(*row) for row in rows.values_list("pk", "name", "location_id", "capacity")]


def _kinds(wanted: Wanted, locations: Collection[UUID]) -> list[Kind]:
    """Return the kinds of equipment that the services need; a kind of which there is none here has no pieces."""
    rows = EquipmentKind.objects.filter(services__in=wanted.services).order_by("equipment__capacity", "equipment__name")
    columns = ("equipment__pk", "equipment__name", "equipment__location_id", "equipment__capacity")
    kinds: dict[UUID, Kind] = {}
    for kind_id, name, ended_at, *piece in rows.values_list("pk", "name", "equipment__ended_at", *columns).distinct():
        kind = kinds.setdefault(kind_id, Kind(kind_id, name, []))
        if piece[0] is not None and ended_at is None and piece[2] in locations:
            kind.pieces.append(Thing(*piece))
    return list(kinds.values())


def _visits(wanted: Wanted, people: Sequence[Person], search: Period) -> list[tuple[UUID, UUID, list[Span]]]:
    """Return the visits of the days searched, if a daily limit is to be kept."""
    limited = any(person.daily_limit for person in people) or any(each.daily_limit for each in wanted.services)
    if not limited:
        return []
    day = search.widened(before=DAY, after=DAY)
    return read_visits([person.id for person in people], day, ignoring=wanted.ignored)
