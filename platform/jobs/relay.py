"""Hands waiting outbox rows to dramatiq.

The platform and the tenants may live in two databases, each with an outbox of its own. What the platform asked for on a
tenant's behalf then lies in the wrong one: it is carried over first, so that it is ticked off where it has its effect.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import dramatiq
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from dramatiq.middleware import CurrentMessage

from jobs.models import OutboxMessage
from jobs.outbox import POKE_KEY
from tenancy import catalog, everywhere, use_cell, use_platform
from tenancy.databases import is_split

logger = logging.getLogger(__name__)

# A row whose job was lost with the broker, or with the worker that ran it, is handed out again after this long.
LEASE = timedelta(minutes=5)
BATCH = 200
LOOK_AGAIN_SECONDS = 0.5

CLAIM = """
UPDATE jobs_outboxmessage SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id IN (
    SELECT id FROM jobs_outboxmessage
    WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until < statement_timestamp())
      AND (tenant_id IS NULL OR %(with_tenants)s AND NOT tenant_id = ANY(%(resting)s))
    ORDER BY available_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
RETURNING id, tenant_id, actor, queue, arguments
"""


class Claimed(NamedTuple):
    id: UUID
    tenant_id: UUID | None
    actor: str
    queue: str
    arguments: dict[str, Any]


def claim(*, batch: int = BATCH) -> list[Claimed]:
    """Take rows that are due and nobody works on, up to `batch` of each outbox. Several relays may run side by side."""
    how = {"lease": LEASE.total_seconds(), "resting": catalog.resting_tenants(), "batch": batch}
    carry_over()
    with use_cell():
        claimed = _claim(how, with_tenants=True)
    if is_split():
        with use_platform():
            claimed += _claim(how, with_tenants=False)
    return claimed


def _claim(how: dict[str, Any], *, with_tenants: bool) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, how | {"with_tenants": with_tenants})
        return [Claimed(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in cursor.fetchall()]


def carry_over() -> None:
    """Bring what the platform asked for on a tenant's behalf to the tenants' outbox. Nothing to do with one database.

    A row that was carried and not yet removed when the power went is carried again, and found there.
    """
    if not is_split():
        return
    with use_platform():
        waiting = list(OutboxMessage.objects.filter(done_at=None, dead_at=None).exclude(tenant_id=None)[:BATCH])
    if not waiting:
        return
    with use_cell():
        OutboxMessage.objects.bulk_create(waiting, ignore_conflicts=True)
    with use_platform():
        OutboxMessage.objects.filter(pk__in=[row.pk for row in waiting]).delete()


def relay() -> int:
    """Hand out what is due. Return how many jobs that was."""
    claimed = claim()
    for number, row in enumerate(claimed):
        try:
            _enqueue(row)
        except Exception:
            _give_back(claimed[number:])  # a broker that is away for a second must not cost a mail five minutes
            raise
    return len(claimed)


def prolong_lease() -> None:
    """Say that the job in hand is still being worked on, so that nobody else is given it. For jobs of many minutes."""
    message = CurrentMessage.get_current_message()
    if message is not None and "outbox_id" in message.options:
        undone = OutboxMessage.objects.filter(pk=UUID(message.options["outbox_id"]), done_at=None)
        undone.update(lease_until=Now() + LEASE)


def wait_for_poke() -> None:
    """Sleep until a transaction with a job commits, or half a second has passed."""
    client = cache._cache.get_client()  # type: ignore[attr-defined]
    client.blpop(POKE_KEY, timeout=LOOK_AGAIN_SECONDS)
    client.delete(POKE_KEY)


def _give_back(claimed: list[Claimed]) -> None:
    for enter in everywhere():
        with enter():
            OutboxMessage.objects.filter(pk__in=[row.id for row in claimed]).update(lease_until=None)


def _enqueue(row: Claimed) -> None:
    options = {"outbox_id": str(row.id)} | ({"tenant_id": str(row.tenant_id)} if row.tenant_id else {})
    dramatiq.get_broker().enqueue(
        dramatiq.Message(queue_name=row.queue, actor_name=row.actor, args=(), kwargs=row.arguments, options=options)
    )
