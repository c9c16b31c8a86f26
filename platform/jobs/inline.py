"""Do in this process what the clock and the workers would do: for demo data, and for tests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import dramatiq
from django.db.models import Q

from jobs.models import OutboxMessage
from jobs.registry import import_actors
from jobs.relay import carry_over
from tenancy import catalog, everywhere, use, use_platform
from tenancy.places import Way


class Restless(RuntimeError):
    """Jobs keep causing jobs."""


def run_due_jobs(*, at: datetime, tenant_id: UUID | None = None, at_most: int = 100_000) -> int:
    """Run every job that is due at `at`, and those that these cause; only one tenant's if one is named.

    A job that fails is left for the workers. Return how many ran.
    """
    import_actors()
    for ran in range(at_most):
        message = _next(at, tenant_id)
        if message is None:
            return ran
        _run(message)
    raise Restless(f"{at_most} jobs were not enough")


def _next(at: datetime, tenant_id: UUID | None) -> OutboxMessage | None:
    carry_over()
    first = [found for into in everywhere() if (found := _first_in(into, at, tenant_id))]
    return min(first, key=lambda message: (message.available_at, message.pk), default=None)


def _first_in(into: Way, at: datetime, tenant_id: UUID | None) -> OutboxMessage | None:
    ours = Q(tenant_id=tenant_id) if tenant_id else Q()
    with into():
        waiting = OutboxMessage.objects.filter(ours, done_at=None, dead_at=None, attempts=0, available_at__lte=at)
        return waiting.order_by("available_at", "id").first()


def _run(message: OutboxMessage) -> None:
    actor = dramatiq.get_broker().get_actor(message.actor)
    tenant = catalog.find_by_id(message.tenant_id) if message.tenant_id else None
    with use(tenant) if tenant else use_platform():
        actor.run_durably(message.pk, message.arguments)  # type: ignore[attr-defined]
