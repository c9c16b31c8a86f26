"""Which tenants there are and how they are: the list, and the page of one."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from httpapi.transactions import own_transaction
from kernel.modules import installed_modules
from tenancy.addresses import tenant_host, tenant_url
from tenancy.requests import Request
from tenants.console import dead_jobs, exports, figures, health, listing, platform_log, switches
from tenants.console.models import TenantFigures
from tenants.console.pages.deciding import find_tenant
from tenants.console.pages.jobs import line_of as job_line
from tenants.console.pages.log import line_of as entry_line
from tenants.console.pages.names import TenantNames
from tenants.console.pages.support_settings import lines_of
from tenants.console.plans import PLANS
from tenants.console.support import sessions_of
from tenants.life.deleting import deletion_of
from tenants.models import Tenant, TenantState
from tenants.verticals import VERTICALS
from webui.doors import operators_page

A_PAGE = 25
SHOWN = 8

STATES = (
    TenantState.ACTIVE,
    TenantState.SUSPENDED,
    TenantState.DELETING,
    TenantState.OPENING,
    TenantState.PENDING,
)


SETTLED = (TenantState.ACTIVE, TenantState.SUSPENDED)


class Line(NamedTuple):
    tenant: Tenant
    health: health.Fact
    figures: TenantFigures | None


class Column(NamedTuple):
    label: str
    address: str
    sorted: str  # "ascending", "descending" or ""
    is_number: bool


@operators_page
@never_cache
@require_GET
def tenants(request: Request) -> HttpResponse:
    wanted, at = listing.Wanted.of(request.GET), timezone.now()
    page = Paginator(listing.tenants_as(wanted), A_PAGE).get_page(request.GET.get("page"))
    counted, overview = figures.tenants_by_state(), listing.overview()
    chips = [(state.value, _chip(state), counted[state]) for state in STATES]
    context = {
        "page": page,
        "lines": [_line(tenant, at=at) for tenant in page],
        "wanted": wanted,
        "here": wanted.address(),
        "columns": _columns(wanted),
        "chips": [(value, label, count, wanted.address(state=value)) for value, label, count in chips],
        "looks": (listing.NEEDS_A_LOOK, overview["look"], wanted.address(state=listing.NEEDS_A_LOOK)),
        "everything": wanted.address(state=""),
        "total": sum(counted.values()),
        "active": counted[TenantState.ACTIVE],
        "overview": overview,
        "jobs": dead_jobs.figures(at=at),
        "selects": _selects(wanted),
    }
    return render(request, "console/tenants.html", context)


@operators_page
@never_cache
@require_GET
def tenant(request: Request, tenant_id: UUID) -> HttpResponse:
    found, at = find_tenant(tenant_id), timezone.now()
    kept, names = TenantFigures.objects.filter(pk=found.pk).first(), TenantNames([])
    context = {
        "tenant": found,
        "address": tenant_host(found.primary_name),
        "domains": [domain for domain in found.domains.all() if not domain.is_primary],
        "deletion": deletion_of(found.pk) if found.state == TenantState.DELETING else None,
        "plan": PLANS.get(found.plan, found.plan),
        "facts": health.facts_of(found, kept, at=at),
        "figures": kept,
        "counts": _counts(kept),
        "switches": switches.switches_of(found),
        "dead_jobs": [job_line(job, names) for job in dead_jobs.dead_of(found.pk, at_most=SHOWN)],
        "last_export": exports.last_export(found) if found.state in SETTLED else None,
        "sessions": lines_of(list(sessions_of(found.pk)[:SHOWN])),
        "enter_url": tenant_url(found.ref(), "/support/enter/"),
        "entries": [entry_line(entry, names) for entry in platform_log.entries(tenant_id=found.pk)[:SHOWN]],
    }
    return render(request, "console/tenant.html", context)


@operators_page
@own_transaction
@require_POST
def new_figures(request: Request, tenant_id: UUID) -> HttpResponse:
    """Look at the tenant now."""
    found = find_tenant(tenant_id)
    if found.is_built:
        figures.measure([found], at=timezone.now())
        messages.success(request, _("These figures are of just now."))
    return redirect("operators_tenant", tenant_id)


def _line(tenant: Tenant, *, at: Any) -> Line:
    kept = getattr(tenant, "figures", None)
    return Line(tenant, health.health_of(tenant, kept, at=at), kept)


def _columns(wanted: listing.Wanted) -> list[Column]:
    labels = {
        "name": _("Tenant"),
        "": _("Health"),
        "plan": _("Plan"),
        "people": _("Staff"),
        "last": _("Last request"),
        "errors": _("Errors"),
        "jobs": _("Jobs"),
        "size": _("Size"),
        "since": _("Since"),
    }
    return [_column(name, label, wanted) for name, label in labels.items()]


def _column(name: str, label: str, wanted: listing.Wanted) -> Column:
    direction = {name: "ascending", f"-{name}": "descending"}.get(wanted.sort, "")
    address = wanted.address_sorted_by(name) if name in listing.SORTS else ""
    return Column(label, address, direction, name in ("people", "errors", "jobs", "size"))


def _selects(wanted: listing.Wanted) -> list[tuple[str, str, list[tuple[str, Any]], str]]:
    """Return the narrowing fields: their name, what they are called, their choices, and the one chosen."""
    modules = [(module.label, module.verbose_name) for module in installed_modules()]
    kinds = [(key, vertical.label) for key, vertical in VERTICALS.items()]
    return [
        ("vertical", _("Any kind"), kinds, wanted.vertical),
        ("plan", _("Any plan"), list(PLANS.items()), wanted.plan),
        ("module", _("Any module"), modules, wanted.module),
    ]


def _counts(kept: TenantFigures | None) -> list[tuple[Any, int]]:
    labels = {
        "staff": _("Staff"),
        "patients": _("Patients"),
        "appointments": _("Appointments"),
        "invoices": _("Invoices"),
        "items": _("Stock items"),
    }
    counts = kept.counts if kept else {}
    others = [(key.replace("_", " ").capitalize(), count) for key, count in counts.items() if key not in labels]
    return [(label, counts[key]) for key, label in labels.items() if key in counts] + others


def _chip(state: TenantState) -> Any:
    return {
        TenantState.ACTIVE: _("Active"),
        TenantState.SUSPENDED: _("Suspended"),
        TenantState.DELETING: _("To be deleted"),
        TenantState.OPENING: _("Being opened"),
        TenantState.PENDING: _("Not confirmed"),
    }[state]
