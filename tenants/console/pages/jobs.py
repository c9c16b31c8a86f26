"""The jobs of all tenants that wait or were given up."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from httpapi.transactions import own_transaction
from jobs.models import OutboxMessage
from kernel.ids import is_id
from tenancy.requests import Request
from tenants.console import dead_jobs
from tenants.console.pages.names import TenantNames
from webui.doors import operators_page

A_PAGE = 50


class Line(NamedTuple):
    job: OutboxMessage
    name: str
    tenant_name: str
    error: str
    outline: list[str]


@operators_page
@never_cache
@require_GET
def jobs(request: Request) -> HttpResponse:
    is_waiting = request.GET.get("state") == "waiting"
    tenant_id, name = request.GET.get("tenant", ""), request.GET.get("runs", "").replace("\x00", "")
    rows = dead_jobs.named(dead_jobs.waiting() if is_waiting else dead_jobs.dead(), name)
    rows = rows.filter(tenant_id=tenant_id) if is_id(tenant_id) else rows
    listed: Any = dead_jobs.Listed(rows)
    page: Any = Paginator(listed, A_PAGE).get_page(request.GET.get("page"))
    names = TenantNames([job.tenant_id for job in page])
    context = {
        "page": page,
        "lines": [line_of(job, names) for job in page],
        "is_waiting": is_waiting,
        "tenant_id": tenant_id if is_id(tenant_id) else "",
        "tenant_name": names.of(UUID(tenant_id)) if is_id(tenant_id) else "",
        "runs": name,
        "figures": dead_jobs.figures(at=timezone.now()),
        "now": timezone.now(),
    }
    return render(request, "console/jobs.html", context)


@operators_page
@own_transaction
@require_POST
def retry(request: Request) -> HttpResponse:
    count = dead_jobs.retry(ids=_chosen(request), by=request.user, at=timezone.now())
    told = ngettext("%(count)d job runs once more.", "%(count)d jobs run once more.", count) % {"count": count}
    messages.success(request, told)
    return _back(request)


@operators_page
@own_transaction
@require_POST
def set_aside(request: Request) -> HttpResponse:
    count = dead_jobs.set_aside(ids=_chosen(request), by=request.user)
    told = ngettext("%(count)d job is set aside.", "%(count)d jobs are set aside.", count) % {"count": count}
    messages.success(request, told)
    return _back(request)


def line_of(job: OutboxMessage, names: TenantNames) -> Line:
    first, *outline = job.error.splitlines() or [""]
    return Line(job, dead_jobs.name_of(job), names.of(job.tenant_id), first, outline)


def _chosen(request: Request) -> list[UUID]:
    return [UUID(job_id) for job_id in request.POST.getlist("job") if is_id(job_id)]


def _back(request: Request) -> HttpResponse:
    tenant_id = request.POST.get("tenant", "")
    return redirect("operators_tenant", tenant_id) if is_id(tenant_id) else redirect("operators_jobs")
