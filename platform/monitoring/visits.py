"""When each tenant was last visited, and how often its requests failed: kept in the shared cache for a week.

Each process gathers for some seconds and hands on in one go, so that a request pays nothing for it. What a process had
gathered is lost with it: these are figures to look at, not to bill by.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache

logger = logging.getLogger(__name__)

HAND_ON_SECONDS = 5.0
KEEP_SECONDS = 8 * 24 * 3600
LAST = "monitoring:last-visit"


@dataclass(slots=True)
class _Gathered:
    last: float = 0.0
    requests: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Visits:
    """Of one tenant; the counts are of the UTC day that was asked for."""

    last_at: datetime | None
    requests: int
    failures: int


_gathered: defaultdict[UUID, _Gathered] = defaultdict(_Gathered)
_lock = threading.Lock()
_handed_on_at = 0.0


def note(tenant_id: UUID, *, failed: bool) -> None:
    """Count a request of a tenant."""
    with _lock:
        mine = _gathered[tenant_id]
        mine.last = time.time()
        mine.requests += 1
        mine.failures += failed
        is_due = time.monotonic() - _handed_on_at >= HAND_ON_SECONDS
    if is_due:
        hand_on()


def hand_on() -> None:
    """Put what was gathered into the shared cache. While that does not answer, it is lost."""
    global _handed_on_at  # noqa: PLW0603 - one per process
    with _lock:
        _handed_on_at = time.monotonic()
        gathered = dict(_gathered)
        _gathered.clear()
    try:
        _write(gathered)
    except Exception:
        logger.warning("The figures of visits could not be handed on.")


def visits_of(tenant_ids: Iterable[UUID], *, on: datetime) -> dict[UUID, Visits]:
    """Return the figures of some tenants, in two round trips. Empty figures while the cache does not answer."""
    ids = list(tenant_ids)
    if not ids:
        return {}
    try:
        last = _client().hmget(LAST, [str(tenant_id) for tenant_id in ids])
        fields = [f"{tenant_id}:{kind}" for tenant_id in ids for kind in ("requests", "failures")]
        counts = iter(_client().hmget(_day_key(on), fields))
    except Exception:
        logger.warning("The figures of visits could not be read.")
        return {tenant_id: Visits(None, 0, 0) for tenant_id in ids}
    return {
        tenant_id: Visits(
            datetime.fromtimestamp(float(seen), UTC) if seen else None, int(next(counts) or 0), int(next(counts) or 0)
        )
        for tenant_id, seen in zip(ids, last, strict=True)
    }


def forget(tenant_id: UUID) -> None:
    """Remove a tenant's figures, when it is erased."""
    with _lock:
        _gathered.pop(tenant_id, None)
    client = _client()
    client.hdel(LAST, str(tenant_id))
    for key in client.scan_iter(match="monitoring:visits:*"):
        client.hdel(key, f"{tenant_id}:requests", f"{tenant_id}:failures")


def _write(gathered: dict[UUID, _Gathered]) -> None:
    today = _day_key(datetime.now(UTC))
    pipeline = _client().pipeline(transaction=False)
    for tenant_id, mine in gathered.items():
        pipeline.hset(LAST, str(tenant_id), mine.last)
        pipeline.hincrby(today, f"{tenant_id}:requests", mine.requests)
        if mine.failures:
            pipeline.hincrby(today, f"{tenant_id}:failures", mine.failures)
    pipeline.expire(today, KEEP_SECONDS)
    pipeline.execute()


def _day_key(day: datetime) -> str:
    return f"monitoring:visits:{day.astimezone(UTC):%Y-%m-%d}"


def _client() -> Any:
    return cache._cache.get_client()  # type: ignore[attr-defined]
