"""What is taken: in the one place where that is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.periods import Period
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.states import HOLDS_ITS_TIME

# In whole minutes since 1970, and a row for each who-and-where, not one for each visit. Ten practitioners' fortnight
# is 1,400 visits; as objects, they are most of what a search costs.
TAKEN = """
SELECT practitioner_id, room_id, room_place,
    array_agg(floor(extract(epoch FROM lower(occupies)) / 60)::bigint ORDER BY occupies),
    array_agg(ceil(extract(epoch FROM upper(occupies)) / 60)::bigint ORDER BY occupies)
FROM scheduling_appointment
WHERE (practitioner_id = ANY(%(resources)s::uuid[]) OR room_id = ANY(%(resources)s::uuid[]))
    AND occupies && tstzrange(%(start)s, %(end)s) AND status = ANY(%(holding)s)
    AND id IS DISTINCT FROM %(ignoring)s
GROUP BY 1, 2, 3
"""

BEGUN = """
SELECT practitioner_id, service_id,
    array_agg(floor(extract(epoch FROM lower(period)) / 60)::bigint),
    array_agg(ceil(extract(epoch FROM upper(period)) / 60)::bigint)
FROM scheduling_appointment
WHERE practitioner_id = ANY(%(resources)s::uuid[])
    AND lower(period) >= %(start)s AND lower(period) < %(end)s AND status = ANY(%(holding)s)
    AND id IS DISTINCT FROM %(ignoring)s
GROUP BY 1, 2
"""

Taken = dict[UUID, dict[int, list[Span]]]  # by practitioner, room or piece of equipment, and by its places from 1


def read_taken(resources: Collection[UUID], around: Period, *, ignoring: UUID | None) -> Taken:
    """Return what visits hold of these practitioners, rooms and pieces of equipment, buffers included."""
    wanted, taken = set(resources), defaultdict[UUID, dict[int, list[Span]]](lambda: defaultdict(list))
    for practitioner_id, room_id, place, starts, ends in _rows(TAKEN, resources, around, ignoring):
        spans = list(map(Span, starts, ends))
        if practitioner_id in wanted:
            taken[practitioner_id][1] += spans
        if room_id in wanted:
            taken[room_id][place] += spans
    return taken


def read_visits(
    practitioners: Collection[UUID], around: Period, *, ignoring: UUID | None
) -> list[tuple[UUID, UUID, list[Span]]]:
    """Return the visits that begin in a stretch of time, by practitioner and service."""
    rows = _rows(BEGUN, practitioners, around, ignoring)
    return [(who, service, list(map(Span, starts, ends))) for who, service, starts, ends in rows]


def _rows(query: str, resources: Collection[UUID], around: Period, ignoring: UUID | None) -> list[Any]:
    sought: dict[str, Any] = {
        "resources": list(resources),
        "start": around.start,
        "end": around.end,
        "holding": [str(status) for status in HOLDS_ITS_TIME],
        "ignoring": ignoring,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, sought)
        return cursor.fetchall()
