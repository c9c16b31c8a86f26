"""Work that one process at a time may do, over the whole deployment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tenancy import use_owner


@contextmanager
def one_at_a_time(work: str) -> Iterator[bool]:
    """Yield whether the turn is ours; if not, another process is at it. A process that dies loses its turn."""
    is_ours = _ask("pg_try_advisory_lock", work)
    try:
        yield is_ours
    finally:
        if is_ours:
            _ask("pg_advisory_unlock", work)


def _ask(function: str, work: str) -> bool:
    # As the owner: the platform's role is made by the first migration, and migrating takes turns, too.
    with use_owner(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [work])
        return bool(cursor.fetchone()[0])
