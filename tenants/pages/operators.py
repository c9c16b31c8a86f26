"""The operators' console: which tenants there are, how they are, and whether they may go on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from httpapi.transactions import own_transaction
from kernel.modules import installed_modules
from tenancy.addresses import tenant_host
from tenancy.requests import Request
from tenants import figures, standing
from tenants.forms import SuspensionForm
from tenants.models import Tenant, TenantState
from webui.doors import operators_page

A_PAGE = 25

STATES = (TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.OPENING, TenantState.PENDING)


@operators_page
@never_cache
@require_GET
def tenants(request: Request) -> HttpResponse:
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    rows = Tenant.objects.select_related("owner").prefetch_related("domains").order_by("-created_at", "pk")
    rows = rows.matching(text) if text else rows
    rows = rows.filter(state=state) if state in TenantState.values else rows
    counted = figures.tenants_by_state()
    context = {
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "q": text,
        "state": state,
        "chips": [(state.value, _chip(state), counted[state]) for state in STATES],
        "total": sum(counted.values()),
    }
    return render(request, "tenants/operators/tenants.html", context)


@operators_page
@never_cache
@require_GET
def tenant(request: Request, tenant_id: UUID) -> HttpResponse:
    found = _find(tenant_id)
    return _show(request, found, SuspensionForm(expected=found.subdomain))


@operators_page
@own_transaction
@require_POST
def suspension(request: Request, tenant_id: UUID) -> HttpResponse:
    """Suspend the tenant."""
    found = _find(tenant_id)
    form = SuspensionForm(request.POST, expected=found.subdomain)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    standing.suspend_tenant(tenant=found, by=request.user, reason=form.cleaned_data["reason"], at=timezone.now())
    messages.success(request, _("%(name)s is suspended.") % {"name": found.name})
    return redirect("operators_tenant", tenant_id)


@operators_page
@own_transaction
@require_POST
def end_of_suspension(request: Request, tenant_id: UUID) -> HttpResponse:
    """Let the tenant go on."""
    found = _find(tenant_id)
    standing.resume_tenant(tenant=found, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is open again.") % {"name": found.name})
    return redirect("operators_tenant", tenant_id)


def _find(tenant_id: UUID) -> Tenant:
    rows = Tenant.objects.select_related("owner").prefetch_related("domains")
    return get_object_or_404(rows, pk=tenant_id)


def _show(request: Request, found: Tenant, form: SuspensionForm, *, status: int = 200) -> HttpResponse:
    ref = found.ref()
    is_built = found.state in (TenantState.ACTIVE, TenantState.SUSPENDED)
    context = {
        "tenant": found,
        "address": tenant_host(ref.primary_name),
        "modules": [module for module in installed_modules() if module.label in found.modules],
        "counts": [(_count_label(key), value) for key, value in figures.counts_of(ref).items()] if is_built else [],
        "jobs": figures.jobs_of(ref),
        "form": form,
    }
    return render(request, "tenants/operators/tenant.html", context, status=status)


def _count_label(key: str) -> Any:
    labels = {
        "staff": _("Staff"),
        "patients": _("Patients"),
        "appointments": _("Appointments"),
        "invoices": _("Invoices"),
        "items": _("Stock items"),
    }
    return labels.get(key, key.replace("_", " ").capitalize())


def _chip(state: TenantState) -> Any:
    return {
        TenantState.ACTIVE: _("Active"),
        TenantState.SUSPENDED: _("Suspended"),
        TenantState.OPENING: _("Being opened"),
        TenantState.PENDING: _("Not confirmed"),
    }[state]
