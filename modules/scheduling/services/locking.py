"""Take one's turn before writing into calendars, in one order for everybody.

The claims' triggers lock what one visit takes. Who must look before they write, or writes several visits at a time,
locks first: practitioners, then rooms, patients and groups, then equipment, each by id. Two who lock in one order never
wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from tenancy import current_tenant

# The key is the one that the triggers use (migration 0008).
LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(%s || ':' || resource, 0))
FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (resource, turn) ORDER BY turn
"""


def lock_resources(
    *, practitioners: Iterable[UUID], others: Iterable[UUID] = (), equipment: Iterable[UUID] = ()
) -> None:
    """Wait for one's turn at all of these, until the transaction ends. `others`: rooms, patients, groups."""
    wanted = [each for ids in (practitioners, others, equipment) for each in sorted(set(ids))]
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [current_tenant().schema_name, wanted])
