"""Reads that compute: the free times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from kernel.periods import Period, days, local_period
from modules.scheduling.domain.availability import Offer, Shape, Span, merged, offers
from modules.scheduling.domain.states import HOLDS_ITS_TIME
from modules.scheduling.models import Room, Service, WorkingHours

STEP_MINUTES = 15
LONGEST_SEARCH = timedelta(days=62)

# What is taken, in whole minutes since 1970: a row for each who-and-where, not one for each visit. Ten practitioners'
# fortnight is 1,400 visits; as objects, they are most of what a search costs.
TAKEN = """
SELECT practitioner_id::text, room_id::text, room_place,
    array_agg(floor(extract(epoch FROM lower(occupies)) / 60)::bigint ORDER BY occupies),
    array_agg(ceil(extract(epoch FROM upper(occupies)) / 60)::bigint ORDER BY occupies)
FROM scheduling_appointment
WHERE (practitioner_id = ANY(%(practitioners)s::uuid[]) OR room_id = ANY(%(rooms)s::uuid[]))
    AND occupies && tstzrange(%(start)s, %(end)s) AND status = ANY(%(holding)s)
    AND id IS DISTINCT FROM %(ignoring)s
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked. The moments carry the location's own offset."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: UUID
    room_id: UUID | None


class _Hours(NamedTuple):
    practitioner_id: UUID
    weekday: int
    starts: time
    ends: time
    time_zone: str


def find_slots(
    *,
    service: Service,
    search: Period,
    not_before: datetime,
    practitioner_id: UUID | None = None,
    room_id: UUID | None = None,
    ignoring: UUID | None = None,
) -> list[Slot]:
    """Return the times within `search` at which the service can be had, in order.

    `ignoring` is an appointment whose own time counts as free: the one that is to be moved.
    """
    hours = _hours(service, practitioner_id)
    if not hours:
        return []
    rooms = _rooms(service, room_id)
    shape = _shape(service)
    around = search.widened(before=timedelta(minutes=shape.before), after=timedelta(minutes=shape.after))
    practitioners, places = _busy({row.practitioner_id for row in hours}, rooms, around, ignoring)
    found = offers(
        openings=_openings(hours, search),
        busy=practitioners,
        rooms=places if service.needs_room else None,
        shape=shape,
        not_before=_minutes(not_before, up=True),
    )
    zone = ZoneInfo(hours[0].time_zone)
    first, last = _minutes(search.start, up=True), _minutes(search.end)
    return [_slot(offer, shape.length, zone) for offer in found if first <= offer.start and offer.start < last]


def search_of_days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Return the local days from `first` to `last`, both included, as a period."""
    return Period(datetime.combine(first, time.min, zone), datetime.combine(last + timedelta(days=1), time.min, zone))


def _shape(service: Service) -> Shape:
    step = min(STEP_MINUTES, service.duration)
    return Shape(service.duration, service.buffer_before, service.buffer_after, step)


def _hours(service: Service, practitioner_id: UUID | None) -> list[_Hours]:
    rows = WorkingHours.objects.filter(practitioner__services=service, practitioner__ended_at=None)
    if practitioner_id is not None:
        rows = rows.filter(practitioner_id=practitioner_id)
    columns = ("practitioner_id", "weekday", "starts", "ends", "location__time_zone")
    return [_Hours(*row) for row in rows.order_by("practitioner__name", "starts").values_list(*columns)]


def _rooms(service: Service, room_id: UUID | None) -> dict[UUID, int]:
    """Return the rooms that suit the service, with how many places each has."""
    if not service.needs_room:
        return {}
    rows = suitable_rooms(service)
    if room_id is not None:
        rows = rows.filter(pk=room_id)
    return dict(rows.values_list("pk", "capacity"))


def suitable_rooms(service: Service) -> Any:
    """Return the rooms a service may be held in: those named for it, or any if none is."""
    named = Room.objects.current().filter(services=service)
    rows = named if service.rooms.exists() else Room.objects.current()
    return rows.order_by("capacity", "name")


def _openings(hours: Iterable[_Hours], search: Period) -> dict[str, list[Span]]:
    """Return when each practitioner works within the search, in minutes."""
    by_weekday: dict[int, list[_Hours]] = defaultdict(list)
    zone = ZoneInfo("UTC")
    for row in hours:
        by_weekday[row.weekday].append(row)
        zone = ZoneInfo(row.time_zone)
    openings: dict[str, list[Span]] = defaultdict(list)
    resolved: dict[tuple[date, time, time], Span] = {}
    for day in days(search.start.astimezone(zone).date(), search.end.astimezone(zone).date()):
        for row in by_weekday[day.weekday()]:
            key = (day, row.starts, row.ends)
            if key not in resolved:
                resolved[key] = _span(local_period(day, row.starts, row.ends, zone))
            openings[str(row.practitioner_id)].append(resolved[key])
    return openings


def _busy(
    practitioners: set[UUID], rooms: Mapping[UUID, int], around: Period, ignoring: UUID | None
) -> tuple[dict[str, list[Span]], dict[str, list[list[Span]]]]:
    """Return what is taken: by practitioner, and by place of each room."""
    sought: dict[str, Any] = {
        "practitioners": list(practitioners),
        "rooms": list(rooms),
        "start": around.start,
        "end": around.end,
        "holding": [str(status) for status in HOLDS_ITS_TIME],
        "ignoring": ignoring,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, sought)
        rows = cursor.fetchall()
    people: dict[str, list[Span]] = defaultdict(list)
    places: dict[str, list[list[Span]]] = {str(room): [[] for _ in range(n)] for room, n in rooms.items()}
    for practitioner_id, room_id, place, starts, ends in rows:
        spans = [Span(start, end) for start, end in zip(starts, ends, strict=True)]
        people[practitioner_id] += spans
        if room_id in places and place <= len(places[room_id]):
            places[room_id][place - 1] += spans
    return {key: merged(spans) for key, spans in people.items()}, {
        room: [merged(spans) for spans in by_place] for room, by_place in places.items()
    }


def _slot(offer: Offer, length: int, zone: ZoneInfo) -> Slot:
    return Slot(
        starts_at=datetime.fromtimestamp(offer.start * 60, zone),
        ends_at=datetime.fromtimestamp((offer.start + length) * 60, zone),
        practitioner_id=UUID(offer.practitioner),
        room_id=UUID(offer.room) if offer.room else None,
    )


def _span(period: Period) -> Span:
    return Span(_minutes(period.start), _minutes(period.end))


def _minutes(moment: datetime, *, up: bool = False) -> int:
    seconds = int(moment.timestamp())
    return -(-seconds // 60) if up else seconds // 60
