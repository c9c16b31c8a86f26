"""Put a job into the outbox, and tick it off."""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from dramatiq.middleware import TimeLimitExceeded

from jobs.models import OutboxMessage
from monitoring import metrics
from tenancy import TenantRef, tenant_in_use

if TYPE_CHECKING:
    from jobs.actors import DurableActor

logger = logging.getLogger(__name__)

POKE_KEY = "jobs:poke"
FIRST_RETRY = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)


def later(
    actor: DurableActor, *, at: datetime | None = None, tenant: TenantRef | None = None, **arguments: Any
) -> UUID:
    """Have `actor` run with `arguments` after this transaction commits, not before `at`.

    It runs for the tenant in use; the platform's own pages may name another. Arguments are ids and plain values: they
    are kept in a table that all tenants share, so no personal data.
    """
    tenant = tenant or tenant_in_use()
    message = OutboxMessage.objects.create(
        room=tenant.schema_name if tenant else "",
        tenant_id=tenant.id if tenant else None,
        actor=actor.actor_name,
        queue=actor.queue_name,
        arguments=arguments,
        available_at=at or Now(),
    )
    if poke not in [entry[1] for entry in connection.run_on_commit]:
        transaction.on_commit(poke, robust=True)
    return message.pk


def poke() -> None:
    """Wake the relay, which would otherwise look again within half a second. Nothing depends on it."""
    if not settings.REDIS_URL:
        return
    try:
        cache._cache.get_client().lpush(POKE_KEY, 1)  # type: ignore[attr-defined]
    except Exception:
        logger.warning("The relay could not be woken; it will find the job by itself.")


def perform(
    message_id: UUID,
    run: Callable[[], None],
    *,
    name: str,
    max_attempts: int,
    own_transactions: bool = False,
    given_up: Callable[[str], None] | None = None,
) -> None:
    """Run a job and tick it off, in one transaction: both happen or neither does.

    A job that fails, or takes longer than it may, is tried again after a growing pause; after `max_attempts` it is set
    aside as dead, and `given_up` is called with the kind of error. One with `own_transactions` moves between rooms, so
    it is ticked off after its last step and must bear being run again.
    """
    try:
        if own_transactions:
            if not OutboxMessage.objects.filter(pk=message_id, done_at=None).exists():
                return
            run()
            _tick_off(message_id)
            metrics.JOBS.labels(name, "done").inc()
            return
        with transaction.atomic():
            if _tick_off(message_id):
                run()
        metrics.JOBS.labels(name, "done").inc()
    except (Exception, TimeLimitExceeded) as error:
        metrics.JOBS.labels(name, "failed").inc()
        _log("Job %s %s failed: %s", name, message_id, of=error)
        if _note_failure(message_id, error, max_attempts) and given_up is not None:
            _tell(given_up, error, name=name)
    except BaseException:  # the worker is being stopped: let another one have it at once
        release(message_id)
        raise


def release(message_id: UUID) -> None:
    """Give a claimed job back without counting an attempt."""
    OutboxMessage.objects.filter(pk=message_id).update(lease_until=None)


def _tick_off(message_id: UUID) -> bool:
    """Mark the job done. False if it was: a second delivery waits here for the first one's commit, then sees it."""
    return OutboxMessage.objects.filter(pk=message_id, done_at=None).update(done_at=Now()) == 1


def _tell(given_up: Callable[[str], None], error: BaseException, *, name: str) -> None:
    try:
        with transaction.atomic():
            given_up(type(error).__name__)
    except Exception as another:
        _log("Nobody could be told that job %s was given up: %s", name, of=another)


def _note_failure(message_id: UUID, error: BaseException, max_attempts: int) -> bool:
    """Say when it is tried again. Return whether it is not."""
    message = OutboxMessage.objects.filter(pk=message_id).first()
    if message is None:  # its tenant was erased meanwhile
        return False
    attempts = message.attempts + 1
    wait = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    OutboxMessage.objects.filter(pk=message_id, done_at=None).update(
        attempts=F("attempts") + 1,
        lease_until=None,
        available_at=Now() + wait,
        dead_at=Now() if attempts >= max_attempts else None,
        error=_outline(error),
    )
    return attempts >= max_attempts


def _log(sentence: str, *about: object, of: BaseException) -> None:
    """Log the kind of an error, with neither its message nor a traceback that ends in it: see `_outline`."""
    logger.error(sentence, *about, type(of).__name__)


def _outline(error: BaseException) -> str:
    """Describe an error without its message: a database's names the values, which may be somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return "\n".join([type(error).__name__, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)])
