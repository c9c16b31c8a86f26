"""Take one's turn before writing into calendars, in one order for everybody.

The claims' triggers lock what one visit takes. Who must look before they write, or writes several visits at a time,
locks first: practitioners, then rooms, patients and groups, then equipment, each by id. Two who lock in one order never
wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from tenancy import current_tenant

DEADLOCK = "40P01"

# The key is the one that the triggers use (migration 0008).
LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(%s || ':' || resource, 0))
FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (resource, turn) ORDER BY turn
"""


class CalendarBusy(Conflict):
    """Too many write here at this moment. Nothing is wrong with what was asked."""

    code = "calendar-busy"


def lock_resources(
    *, practitioners: Iterable[UUID], others: Iterable[UUID] = (), equipment: Iterable[UUID] = ()
) -> None:
    """Wait for one's turn at all of these, until the transaction ends. `others`: rooms, patients, groups.

    Raises `CalendarBusy` should Postgres call it a deadlock after all: what was asked can be asked again.
    """
    wanted = [each for ids in (practitioners, others, equipment) for each in sorted(set(ids))]
    try:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [current_tenant().schema_name, wanted])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        raise CalendarBusy(_("Many are booking here just now. Nothing was changed; try again.")) from error
