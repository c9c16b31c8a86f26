"""Whether anything of a day has changed, without reading the day."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from kernel.periods import Period

# A sum of hashes: it changes with every visit that comes, goes or becomes another version, and is the same in any
# order. What begins up to two days before may reach into the day; the B-trees by beginning find those.
VERSION = """
SELECT coalesce(sum(hashtextextended(kind || id::text || version::text, 0)), 0) FROM (
    SELECT 'v' AS kind, id, version FROM scheduling_appointment
    WHERE lower(period) >= %(before)s AND lower(period) < %(end)s AND upper(period) > %(start)s
    UNION ALL
    SELECT 'g', id, version FROM scheduling_groupsession
    WHERE lower(period) >= %(before)s AND lower(period) < %(end)s AND upper(period) > %(start)s
) AS of_the_day
"""
LONGEST_VISIT = timedelta(days=2)


def version_of_day(search: Period) -> str:
    """Return what is another whenever a visit or a group of these days is. One query."""
    bounds = {"before": search.start - LONGEST_VISIT, "start": search.start, "end": search.end}
    with connection.cursor() as cursor:
        cursor.execute(VERSION, bounds)
        return f"{int(cursor.fetchone()[0]) & (2**64 - 1):x}"
