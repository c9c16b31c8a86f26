"""Is everything there that a visit needs?"""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection

from jobs.middleware import is_beating
from tenancy import everywhere


def examine(*parts: str) -> dict[str, object]:
    """Return {"status": "ok"}, or {"status": "failing", "failing": […]} with what of `parts` does not answer."""
    failing = [part for part in parts if not _answers(PARTS[part])]
    return {"status": "failing", "failing": failing} if failing else {"status": "ok"}


def _answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        return False


def _database() -> bool:
    for into in everywhere():
        with into(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    return True


def _broker() -> bool:
    """Ask the broker itself: the cache in front of it goes on without it."""
    return bool(cache._cache.get_client().ping())  # type: ignore[attr-defined]


PARTS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "broker": _broker,
    "worker": lambda: is_beating("worker"),
    "clock": lambda: is_beating("clock"),
}
# A process that answers at all is alive; it is ready once it can serve pages, and healthy if mails go out, too.
ADDRESSES: dict[str, tuple[str, ...]] = {
    "/livez": (),
    "/readyz": ("database",),  # pages and the API go on while the broker is away; their jobs wait in Postgres
    "/healthz": tuple(PARTS),
}
