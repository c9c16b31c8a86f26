"""Looks at every tenant in turn and keeps how it is: numbers and states, never anybody's data.

The console's pages read what is kept, so that none of them opens a thousand rooms.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Min, Q, Sum

from access.models import Member
from filestore.models import StoredFile
from jobs.models import OutboxMessage
from kernel.modules import enabled_modules
from monitoring.visits import Visits, visits_of
from tenancy import TenantRef, use, use_cell, use_platform
from tenants.console import health
from tenants.console.models import TenantFigures
from tenants.models import Tenant, TenantState

logger = logging.getLogger(__name__)

FRESH_FOR = timedelta(minutes=15)
AT_A_TIME = 1000  # in one run of the job; the next one goes on with those that were looked at longest ago

# Neither needs a right to the tables themselves: a size is not what is in it.
SCHEMA_BYTES = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'm')
"""


@dataclass(frozen=True, slots=True)
class JobFigures:
    waiting: int = 0
    dead: int = 0
    oldest_at: datetime | None = None


def measure_tenants(*, at: datetime) -> int:
    """Look at every tenant whose figures are old, those longest ago first. Return how many that were."""
    with use_platform():
        old = Q(figures=None) | Q(figures__taken_at__lte=at - FRESH_FOR)
        rows = Tenant.objects.visited().with_rooms().filter(old).select_related("figures")
        due = list(rows.order_by(F("figures__taken_at").asc(nulls_first=True))[:AT_A_TIME])
    measure(due, at=at)
    return len(due)


def measure(tenants: Iterable[Tenant], *, at: datetime) -> None:
    """Look at these tenants now. One whose room cannot be read is noted as such, and the others are looked at."""
    tenants = list(tenants)
    ids = [tenant.pk for tenant in tenants]
    jobs, visits = jobs_of(ids, at=at), visits_of(ids, on=at)
    for tenant in tenants:
        figures = _figures(tenant, jobs.get(tenant.pk, JobFigures()), visits[tenant.pk], at=at)
        figures.needs_a_look = health.needs_a_look(tenant, figures, at=at)
        _keep(figures)


def jobs_of(tenant_ids: list[UUID], *, at: datetime) -> dict[UUID, JobFigures]:
    """Return how many jobs of each tenant wait, how many were given up, and since when the oldest is due."""
    is_waiting = Q(dead_at=None)
    with use_cell():
        undone = OutboxMessage.objects.filter(tenant_id__in=tenant_ids, done_at=None).order_by()
        rows = undone.values_list("tenant_id").annotate(
            waiting=Count("pk", filter=is_waiting),
            dead=Count("dead_at"),
            oldest_at=Min("available_at", filter=is_waiting & Q(available_at__lte=at)),
        )
        return {tenant_id: JobFigures(*found) for tenant_id, *found in rows if tenant_id}


def counts_of(tenant: TenantRef) -> dict[str, int]:
    """Return how many people work there, and what each of its modules counts (`ModuleConfig.counts`)."""
    with use(tenant):
        found = {"staff": Member.objects.current().staff().count()}
        for module in enabled_modules():
            if module.counts:
                found |= module.load(module.counts)()
    return found


def tenants_by_state() -> dict[str, int]:
    """Return how many tenants are in each state, those of which there are none included."""
    with use_platform():
        rows = dict(Tenant.objects.order_by().values_list("state").annotate(count=Count("pk")))
    return {state: rows.get(state, 0) for state in TenantState.values}


def _figures(tenant: Tenant, jobs: JobFigures, visits: Visits, *, at: datetime) -> TenantFigures:
    figures = TenantFigures(
        tenant=tenant,
        taken_at=at,
        jobs_waiting=jobs.waiting,
        jobs_dead=jobs.dead,
        oldest_job_at=jobs.oldest_at,
        last_request_at=visits.last_at,
        requests=visits.requests,
        failures=visits.failures,
    )
    try:
        _look_inside(tenant, figures)
    except Exception as error:
        logger.exception("The room of %s could not be looked at.", tenant.schema_name)
        figures.error = type(error).__name__
    return figures


def _look_inside(tenant: Tenant, figures: TenantFigures) -> None:
    room = tenant.ref()
    figures.counts = counts_of(room)
    figures.people = figures.counts["staff"]
    figures.schema_bytes = _schema_bytes(tenant.schema_name)
    with use(room):
        figures.file_bytes = StoredFile.objects.aggregate(sum=Sum("size"))["sum"] or 0


def _schema_bytes(schema_name: str) -> int:
    with use_cell(), connection.cursor() as cursor:
        cursor.execute(SCHEMA_BYTES, [schema_name])
        return int(cursor.fetchone()[0])


def _keep(figures: TenantFigures) -> None:
    names = [field.name for field in TenantFigures._meta.concrete_fields if not field.primary_key]
    kept: Any = TenantFigures.objects
    with use_platform():
        kept.bulk_create([figures], update_conflicts=True, unique_fields=["tenant"], update_fields=names)
