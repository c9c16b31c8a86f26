"""What is taken: in the one place where that is read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.periods import Period
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.states import HOLDS_ITS_TIME

# In whole minutes since 1970, and a row for each place of somebody or something, not one for each visit. Ten
# practitioners' fortnight is 1,400 visits; as objects, they are most of what a search costs.
TAKEN = """
SELECT resource_id, place,
    array_agg(floor(extract(epoch FROM lower(during)) / 60)::bigint),
    array_agg(ceil(extract(epoch FROM upper(during)) / 60)::bigint)
FROM scheduling_claim
WHERE resource_id = ANY(%(resources)s::uuid[]) AND during && tstzrange(%(start)s, %(end)s)
    AND coalesce(appointment_id, session_id, hold_id) <> ALL(%(ignoring)s::uuid[])
GROUP BY 1, 2
"""

BEGUN = """
SELECT practitioner_id, service_id,
    array_agg(floor(extract(epoch FROM lower(period)) / 60)::bigint),
    array_agg(ceil(extract(epoch FROM upper(period)) / 60)::bigint)
FROM scheduling_appointment
WHERE practitioner_id = ANY(%(resources)s::uuid[])
    AND lower(period) >= %(start)s AND lower(period) < %(end)s AND status = ANY(%(holding)s)
    AND session_id IS NULL
    AND id <> ALL(%(ignoring)s::uuid[])
GROUP BY 1, 2
"""

Taken = dict[UUID, dict[int, list[Span]]]  # by practitioner, room or piece of equipment, and by its places from 1


def read_taken(resources: Collection[UUID], around: Period, *, ignoring: Collection[UUID]) -> Taken:
    """Return what visits and groups hold of these practitioners, rooms and pieces of equipment, buffers included."""
    taken: Taken = {}
    for resource_id, place, starts, ends in _rows(TAKEN, resources, around, ignoring):
        taken.setdefault(resource_id, {})[place] = list(map(Span, starts, ends))
    return taken


def read_visits(
    practitioners: Collection[UUID], around: Period, *, ignoring: Collection[UUID]
) -> list[tuple[UUID, UUID, list[Span]]]:
    """Return the visits that begin in a stretch of time, by practitioner and service."""
    rows = _rows(BEGUN, practitioners, around, ignoring)
    return [(who, service, list(map(Span, starts, ends))) for who, service, starts, ends in rows]


def _rows(query: str, resources: Collection[UUID], around: Period, ignoring: Collection[UUID]) -> list[Any]:
    sought: dict[str, Any] = {
        "resources": list(resources),
        "start": around.start,
        "end": around.end,
        "holding": [str(status) for status in HOLDS_ITS_TIME],
        "ignoring": list(ignoring),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, sought)
        return cursor.fetchall()
