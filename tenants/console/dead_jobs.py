"""Jobs of all tenants: which wait, which were given up, and what an operator does about these.

Shown are names of code and outlines of errors. Arguments are ids, and stay where they are. Querysets are asked in each
outbox: the platform's own jobs may lie in another database than the tenants' do (`tenancy.everywhere`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from jobs.models import OutboxMessage
from jobs.outbox import poke
from kernel.errors import Conflict
from tenancy import everywhere, use_platform
from tenancy.places import Way
from tenants.console import platform_log
from tenants.models import Tenant

EVENT_HANDLER = "jobs.handling.handle"
AT_MOST = 500  # in one go; the rest is there when the page is shown again

Jobs = QuerySet[OutboxMessage]
T = TypeVar("T")


class NotDead(Conflict):
    """Somebody else retried it or set it aside, or it never was given up."""

    code = "job-not-dead"


def undone() -> Jobs:
    return OutboxMessage.objects.filter(done_at=None)


def dead() -> Jobs:
    """Given up after the last try, and neither retried nor set aside since."""
    return undone().exclude(dead_at=None).order_by("-dead_at")


def dead_of(tenant_id: UUID, *, at_most: int = AT_MOST) -> list[OutboxMessage]:
    """Return those of a tenant; its own opening, which is the platform's job, is one of them."""
    with use_platform():
        opening = list(Tenant.objects.filter(pk=tenant_id).values_list("opening_job", flat=True))
    return Listed(dead().filter(Q(tenant_id=tenant_id) | Q(pk__in=opening)))[:at_most]


def waiting() -> Jobs:
    return undone().filter(dead_at=None).order_by("available_at")


class Listed:
    """Jobs of every outbox as one list, in the order of `dead` or `waiting`: for a page, and for its paginator."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def __len__(self) -> int:
        return sum(self._in(into, self.jobs.count) for into in everywhere())

    def __getitem__(self, part: slice) -> list[OutboxMessage]:
        first = self.jobs[: part.stop]  # of each: that many of one may come before any of the other
        rows = [row for into in everywhere() for row in self._in(into, lambda: list(first.all()))]
        return sorted(rows, key=_order)[part]

    def _in(self, into: Way, ask: Callable[[], T]) -> T:
        with into():
            return ask()


def _order(job: OutboxMessage) -> float:
    return -job.dead_at.timestamp() if job.dead_at else job.available_at.timestamp()


def name_of(job: OutboxMessage) -> str:
    """Return which code it runs: for an event, the handler that is to hear of it."""
    return str(job.arguments["handler"]) if job.actor == EVENT_HANDLER else job.actor


def retry(*, ids: Iterable[UUID], by: Any, at: datetime) -> int:
    """Let given up jobs run once more, with as many tries as at first. Return how many.

    Raises `NotDead` if there is none. Call outside of a transaction: jobs are where the tenants are, the log is not.
    """
    return _settle(ids, action="job.retried", by=by, attempts=0, dead_at=None, available_at=at, lease_until=None)


def set_aside(*, ids: Iterable[UUID], by: Any) -> int:
    """Take given up jobs off the list for good; their rows stay as they are. Return how many.

    Raises `NotDead` if there is none. Call outside of a transaction, like `retry`.
    """
    return _settle(ids, action="job.set_aside", by=by, done_at=Now())


def _settle(ids: Iterable[UUID], *, action: str, by: Any, **changes: Any) -> int:
    wanted, found = list(ids), list[OutboxMessage]()
    for into in everywhere():
        with into(), transaction.atomic():
            here = list(dead().filter(pk__in=wanted).select_for_update()[:AT_MOST])
            OutboxMessage.objects.filter(pk__in=[job.pk for job in here]).update(**changes)
            transaction.on_commit(poke, robust=True)
        found += here
    if not found:
        raise NotDead(_("None of these is given up any more."))
    with use_platform(), transaction.atomic():
        for job in found:
            details = {"job": str(job.pk), "runs": name_of(job)}
            platform_log.note(action=action, by=by, tenant_id=job.tenant_id, details=details)
    return len(found)


def named(jobs: Jobs, text: str) -> Jobs:
    """Narrow to jobs whose code has this in its name."""
    if not text:
        return jobs
    return jobs.filter(Q(actor__icontains=text) | Q(actor=EVENT_HANDLER, arguments__handler__icontains=text))


def figures(*, at: datetime) -> dict[str, Any]:
    """Return how many wait, are late and were given up, over all tenants, and since when the oldest waits."""
    found = [_figures_in(into, at) for into in everywhere()]
    counts: dict[str, Any] = {name: sum(each[name] for each in found) for name in ("waiting", "due", "dead")}
    return counts | {"oldest_at": min((each["oldest_at"] for each in found if each["oldest_at"]), default=None)}


def _figures_in(into: Way, at: datetime) -> dict[str, Any]:
    is_waiting = Q(dead_at=None)
    with into():
        return undone().aggregate(
            waiting=Count("pk", filter=is_waiting),
            due=Count("pk", filter=is_waiting & Q(available_at__lte=at)),
            dead=Count("dead_at"),
            oldest_at=Min("available_at", filter=is_waiting & Q(available_at__lte=at)),
        )
