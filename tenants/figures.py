"""What an operator sees of a tenant: numbers and states, never anybody's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from access.models import Member
from jobs.models import OutboxMessage
from kernel.modules import enabled_modules
from tenancy import TenantRef, use, use_platform
from tenants.models import Tenant, TenantState

USUAL_OPENING = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class JobFigures:
    waiting: int
    dead: int


def counts_of(tenant: TenantRef) -> dict[str, int]:
    """Return how many people work there, and what each of its modules counts (`ModuleConfig.counts`)."""
    with use(tenant):
        found = {"staff": Member.objects.current().staff().count()}
        for module in enabled_modules():
            if module.counts:
                found |= module.load(module.counts)()
    return found


def jobs_of(tenant: TenantRef) -> JobFigures:
    """Return how many jobs of the tenant wait, and how many were given up."""
    with use_platform():
        undone = OutboxMessage.objects.filter(tenant_id=tenant.id, done_at=None)
        return JobFigures(**undone.aggregate(waiting=Count("pk", filter=Q(dead_at=None)), dead=Count("dead_at")))


def tenants_by_state() -> dict[str, int]:
    """Return how many tenants are in each state, those of which there are none included."""
    with use_platform():
        rows = dict(Tenant.objects.order_by().values_list("state").annotate(count=Count("pk")))
    return {state: rows.get(state, 0) for state in TenantState.values}


def opening_takes_longer(tenant_id: UUID, *, at: datetime) -> bool:
    """Test whether the tenant should have been open by now: its job waits for a worker, or will run again."""
    with use_platform():
        opening = OutboxMessage.objects.filter(actor="tenants.tasks.open_workspace", done_at=None)
        return opening.filter(arguments__tenant_id=str(tenant_id), created_at__lt=at - USUAL_OPENING).exists()
