"""Row 12: what a database backend and a worker hold on to once they have served many tenants."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from identity.tokens import issue_tokens
from infra.local.progress import step
from jobs.models import OutboxMessage
from jobs.outbox import later
from modules.billing.tasks import mark_overdue
from tenancy import everywhere, use_owner, use_platform
from tenants.models import Tenant
from tests.performance.asking import Caller, Wanted
from tests.performance.crowd import gather_furnished
from tests.performance.house import private_megabytes
from tests.performance.results import Result
from tests.performance.visit import Visit, WrongAnswer

ASKED = ("/api/patients/", "/api/scheduling/appointments/", "/api/scheduling/services/", "/api/inventory/items/")
EACH_MB, ALL_MB = 150, 1536
PATIENCE = 300


def after_many_tenants(visit: Visit) -> Iterator[Result]:
    tenants = gather_furnished(visit, visit.crowd)
    _ask(visit, tenants[:1])
    yield _backends("database backends after pages of one tenant", 1)
    with step(f"four lists of each of {len(tenants)} tenants"):
        _ask(visit, tenants)
    yield _backends("database backends after pages", len(tenants), has_bar=True)
    _run_jobs(tenants[:1])
    before = _workers(visit)
    with step(f"a job of each of {len(tenants)} tenants"):
        _run_jobs(tenants)
    yield _processes("worker process after jobs", visit, len(tenants), before)


def _ask(visit: Visit, tenants: list[Tenant]) -> None:
    """Have the web server read a few lists of every tenant, by whichever of its connections."""
    for tenant in tenants:
        pair = issue_tokens(user=visit.practice.owner, tenant_id=tenant.pk, at=timezone.now())
        caller = Caller(visit.house.site.port, tenant.subdomain, pair.access)
        visit.check([caller.ask(Wanted("GET", path)) for path in ASKED], {200})
        caller.close()


def _run_jobs(tenants: list[Tenant]) -> None:
    """Have a job run in every tenant, and wait until all are done."""
    with use_platform():
        for ref in [tenant.ref() for tenant in tenants]:
            later(mark_overdue, tenant=ref)
    deadline = time.monotonic() + PATIENCE
    while _waiting():
        if time.monotonic() > deadline:
            raise WrongAnswer(f"{_waiting()} jobs are not done")
        time.sleep(0.2)


def _waiting() -> int:
    left = 0
    for enter in everywhere():
        with enter():
            left += OutboxMessage.objects.filter(actor=mark_overdue.actor_name, done_at=None).count()
    return left


def _backends(what: str, tenants: int, *, has_bar: bool = False) -> Result:
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        sizes = sorted(private_megabytes(pid) for (pid,) in cursor.fetchall())
    bar = f"≤ {EACH_MB} MB each, ≤ {ALL_MB} MB in all" if has_bar else ""
    return _result(what, tenants, sizes, bar, met=sizes[-1] <= EACH_MB and sum(sizes) <= ALL_MB if has_bar else None)


def _workers(visit: Visit) -> list[float]:
    return sorted(private_megabytes(pid) for pid in visit.house.workers_of("worker"))


def _processes(what: str, visit: Visit, tenants: int, before: list[float]) -> Result:
    after = _workers(visit)
    grown = f"largest {before[-1]:.0f} → {after[-1]:.0f} MB"
    return _result(what, tenants, after, "", met=None, measured=grown)


def _result(what: str, tenants: int, sizes: list[float], bar: str, *, met: bool | None, measured: str = "") -> Result:
    """Put megabytes where other rows have milliseconds: the middle one, the largest but a few, the largest."""
    return Result(
        row="12",
        what=f"{what} of {tenants} tenants, MB of {len(sizes)} processes",
        bar=bar,
        measured=measured or f"{sum(sizes):.0f} MB in all, largest {sizes[-1]:.0f} MB",
        met=met,
        p50=sizes[len(sizes) // 2],
        p95=sizes[-1],
        worst=sizes[-1],
    )
