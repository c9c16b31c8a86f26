"""All that decides about times, in one statement: who, where, with what, when open and when blocked.

Through the ORM these are seven queries, and putting them together took twice as long as Postgres needs for all of them.
`test_finding.py` holds the people and rooms to `performing` and `suitable_rooms`, which say the same for one row.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from kernel.periods import Period
from modules.scheduling.domain.hours import Stretch, Weekly
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.repeating import Repeating
from modules.scheduling.models import BlockKind
from modules.scheduling.selectors.wanted import Wanted

DAY = timedelta(days=1)

GATHER = """
WITH person AS MATERIALIZED (
    SELECT id, name, daily_limit FROM scheduling_practitioner
    WHERE ended_at IS NULL AND (%(people)s::uuid[] IS NULL OR id = ANY(%(people)s::uuid[]))
        AND NOT EXISTS (
            SELECT FROM unnest(%(services)s::uuid[]) AS needed (id)
            WHERE NOT EXISTS (
                SELECT FROM scheduling_service_practitioners AS performs
                WHERE performs.service_id = needed.id AND performs.practitioner_id = scheduling_practitioner.id
            )
        )
),
suits AS MATERIALIZED (
    SELECT service.id AS service_id,
        ARRAY(SELECT room_id FROM scheduling_service_rooms WHERE service_id = service.id) AS rooms,
        ARRAY(SELECT roomtype_id FROM scheduling_service_room_types WHERE service_id = service.id) AS types
    FROM scheduling_service AS service
    WHERE id = ANY(%(services)s::uuid[]) AND needs_room
),
room AS MATERIALIZED (
    SELECT id, name, location_id, capacity FROM scheduling_room
    WHERE EXISTS (SELECT FROM suits) AND ended_at IS NULL AND (%(room)s::uuid IS NULL OR id = %(room)s::uuid)
        AND NOT EXISTS (
            SELECT FROM suits
            WHERE CASE
                WHEN cardinality(rooms) > 0 THEN id <> ALL(rooms)
                WHEN cardinality(types) > 0 THEN (room_type_id = ANY(types)) IS NOT TRUE
                ELSE FALSE
            END
        )
),
piece AS MATERIALIZED (
    SELECT DISTINCT kind.id AS kind_id, kind.name AS kind_name, one.id, one.name, one.location_id, one.capacity
    FROM scheduling_service_equipment_kinds AS needs
    JOIN scheduling_equipmentkind AS kind ON kind.id = needs.equipmentkind_id
    LEFT JOIN scheduling_equipment AS one ON one.kind_id = kind.id AND one.ended_at IS NULL
    WHERE needs.service_id = ANY(%(services)s::uuid[])
),
target AS MATERIALIZED (
    SELECT id FROM person UNION ALL SELECT id FROM room UNION ALL SELECT id FROM piece WHERE id IS NOT NULL
    UNION ALL SELECT unnest(%(things)s::uuid[])
)
SELECT json_build_object(
    'people', (SELECT json_agg(json_build_array(id, name, daily_limit) ORDER BY name, id) FROM person),
    'rooms', (SELECT json_agg(json_build_array(id, name, location_id, capacity) ORDER BY capacity, name, id) FROM room),
    'pieces', (
        SELECT json_agg(
            json_build_array(kind_id, kind_name, id, name, location_id, capacity) ORDER BY capacity, name, id
        )
        FROM piece
    ),
    'weekly', (
        SELECT json_agg(json_build_array(
            practitioner_id, location_id, time_zone,
            weekday, starts, ends, offered, valid_from, valid_until, every_weeks
        ))
        FROM scheduling_workinghours JOIN scheduling_location AS place ON place.id = location_id
        WHERE practitioner_id IN (SELECT id FROM person)
            AND (valid_until IS NULL OR valid_until >= %(first)s) AND (valid_from IS NULL OR valid_from <= %(last)s)
    ),
    'days', (
        SELECT json_agg(
            json_build_array(practitioner_id, location_id, time_zone, day, starts, ends, offered) ORDER BY starts
        )
        FROM scheduling_dayhours JOIN scheduling_location AS place ON place.id = location_id
        WHERE practitioner_id IN (SELECT id FROM person) AND day BETWEEN %(first)s AND %(last)s
    ),
    'blocks', (
        SELECT json_agg(json_build_array(
            kind, coalesce(practitioner_id, room_id, equipment_id, location_id), time_zone,
            first_day, starts, last_day, ends, rule, skipped
        ))
        FROM scheduling_block JOIN scheduling_location AS place ON place.id = location_id
        WHERE ended_at IS NULL AND first_day <= %(last)s AND (runs_until IS NULL OR runs_until >= %(first)s)
            AND (kind = 'CLOSURE' OR coalesce(practitioner_id, room_id, equipment_id) IN (SELECT id FROM target))
    ),
    'elsewhere', (
        SELECT json_agg(json_build_array(
            busy.practitioner_id,
            floor(extract(epoch FROM lower(during)) / 60)::bigint, ceil(extract(epoch FROM upper(during)) / 60)::bigint
        ))
        FROM scheduling_externalbusy AS busy
        JOIN scheduling_externalcalendar AS calendar ON calendar.id = busy.calendar_id AND calendar.ended_at IS NULL
        WHERE busy.practitioner_id IN (SELECT id FROM person) AND during && tstzrange(%(start)s, %(end)s)
    )
)::text
"""


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


class PieceRow(NamedTuple):
    """A kind of equipment that is needed, with a piece of it if there is any."""

    kind_id: UUID
    kind_name: str
    piece: Thing | None


class WeeklyRow(NamedTuple):
    practitioner_id: UUID
    location_id: UUID
    zone: ZoneInfo
    weekly: Weekly


class DayRow(NamedTuple):
    """Hours of somebody on one day, instead of the weekly ones. Without `hours`, they do not work that day."""

    practitioner_id: UUID
    location_id: UUID
    zone: ZoneInfo
    day: date
    hours: Stretch | None


class BlockRow(NamedTuple):
    """A block, and what it is about: a practitioner, a room, a piece of equipment or a location."""

    kind: BlockKind
    target: UUID
    zone: ZoneInfo
    stretch: Repeating


class BusyRow(NamedTuple):
    practitioner_id: UUID
    span: Span


class Gathered(NamedTuple):
    people: list[Person]
    rooms: list[Thing]
    pieces: list[PieceRow]
    weekly: list[WeeklyRow]
    days: list[DayRow]
    blocks: list[BlockRow]
    elsewhere: list[BusyRow]


def gather(wanted: Wanted, around: Period, *, things: Collection[UUID] = ()) -> Gathered:
    """Read what decides about `wanted` around a time; the blocks of `things`, too, whether or not it needs them."""
    sought = {
        "people": None if wanted.practitioner_ids is None else list(wanted.practitioner_ids),
        "services": [service.pk for service in wanted.services],
        "room": wanted.room_id,
        "things": list(things),
        "first": around.start.date() - 2 * DAY,
        "last": around.end.date() + 2 * DAY,
        "start": around.start,
        "end": around.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(GATHER, sought)
        found: dict[str, list[Any] | None] = orjson.loads(cursor.fetchone()[0])
    rows = {name: each or [] for name, each in found.items()}
    return Gathered(
        people=[Person(UUID(pk), name, limit) for pk, name, limit in rows["people"]],
        rooms=[_thing(*row) for row in rows["rooms"]],
        pieces=[PieceRow(UUID(kind), name, _thing(*row) if row[0] else None) for kind, name, *row in rows["pieces"]],
        weekly=[_weekly_row(*row) for row in rows["weekly"]],
        days=[_day_row(*row) for row in rows["days"]],
        blocks=[_block(*row) for row in rows["blocks"]],
        elsewhere=[BusyRow(UUID(who), Span(start, end)) for who, start, end in rows["elsewhere"]],
    )


def _thing(pk: str, name: str, location_id: str, capacity: int) -> Thing:
    return Thing(UUID(pk), name, UUID(location_id), capacity)


def _weekly_row(who: str, at: str, zone: str, *rule: Any) -> WeeklyRow:
    weekday, starts, ends, offered, first, last, weeks = rule
    hours = time.fromisoformat(starts), time.fromisoformat(ends)
    return WeeklyRow(
        UUID(who), UUID(at), ZoneInfo(zone), Weekly(weekday, *hours, offered, _day(first), _day(last), weeks)
    )


def _day_row(who: str, at: str, zone: str, written: str, starts: str | None, ends: str | None, offered: str) -> DayRow:
    day = date.fromisoformat(written)
    hours = Stretch(day, time.fromisoformat(starts), time.fromisoformat(ends), offered) if starts and ends else None
    return DayRow(UUID(who), UUID(at), ZoneInfo(zone), day, hours)


def _block(kind: str, target: str, zone: str, *stretch: Any) -> BlockRow:
    first_day, starts, last_day, ends, rule, skipped = stretch
    repeating = Repeating(
        date.fromisoformat(first_day),
        _clock(starts),
        date.fromisoformat(last_day),
        _clock(ends),
        rule,
        frozenset(map(date.fromisoformat, skipped)),
    )
    return BlockRow(BlockKind(kind), UUID(target), ZoneInfo(zone), repeating)


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _clock(written: str | None) -> time | None:
    return time.fromisoformat(written) if written else None
