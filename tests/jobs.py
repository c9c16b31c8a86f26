"""Do what the clock and the workers do, in this process."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import dramatiq
from django.utils import timezone

from jobs.models import OutboxMessage
from jobs.registry import import_actors
from tenancy import catalog, use, use_platform

MANY = 1000


def run_due_jobs(*, at: datetime | None = None) -> int:
    """Run every job that is due at `at` (now, if not given), and those that these cause. Return how many ran."""
    import_actors()
    for ran in range(MANY):
        message = _next(at or timezone.now())
        if message is None:
            return ran
        _run(message)
    raise AssertionError("jobs keep causing jobs")


def _next(at: datetime) -> OutboxMessage | None:
    with use_platform():
        waiting = OutboxMessage.objects.filter(done_at=None, dead_at=None, attempts=0, available_at__lte=at)
        return waiting.order_by("available_at", "id").first()


def _run(message: OutboxMessage) -> None:
    actor = dramatiq.get_broker().get_actor(message.actor)
    if message.tenant_id is None:
        with use_platform():
            actor.run_durably(UUID(str(message.pk)), message.arguments)
        return
    tenant = catalog.find_by_id(message.tenant_id)
    assert tenant is not None
    with use(tenant):
        actor.run_durably(UUID(str(message.pk)), message.arguments)
