"""Somebody's workspaces: open them, wait for one to open, go on to one."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from httpapi.transactions import own_transaction
from kernel.modules import Words
from tenancy.requests import Request
from tenants import figures, signup
from tenants.figures import Progress
from tenants.life import deleting
from tenants.models import UNOPENED, Tenant, TenantState
from webui.doors import signed_in_page

BRISK, CALM = "400ms", "3s"  # how often the page asks again


class Step(NamedTuple):
    label: Words
    state: str  # "done", "busy", "waiting" or "stopped"


@signed_in_page("everybody may see where they work")
@never_cache
@require_GET
def workspaces(request: Request) -> HttpResponse:
    mine = Tenant.objects.filter(memberships__user=request.user).select_related("deletion")
    mine = mine.prefetch_related("domains").order_by("name")
    unopened = Tenant.objects.filter(owner=request.user, state__in=UNOPENED).order_by("created_at")
    return render(request, "tenants/workspaces.html", {"workspaces": mine, "unopened": unopened})


@signed_in_page("who reserved a workspace may open it; signing in took a confirmed address")
@require_POST
def open_reserved(request: Request, tenant_id: UUID) -> HttpResponse:
    """Begin an opening that did not begin by itself, or try one again that failed."""
    tenant = signup.open_reserved(owner=request.user, tenant_id=tenant_id)
    return redirect("opening", tenant.pk) if tenant else redirect("workspaces")


@signed_in_page("only its owner finds it")
@own_transaction
@require_POST
def end_of_deletion(request: Request, tenant_id: UUID) -> HttpResponse:
    """Keep a workspace that was to be erased."""
    tenant = get_object_or_404(Tenant.objects.with_rooms(), pk=tenant_id, owner=request.user)
    deleting.cancel_deletion(tenant=tenant, by=request.user, at=timezone.now())
    messages.success(request, gettext("%(name)s is open again. Nothing was lost.") % {"name": tenant.name})
    return redirect("workspaces")


@signed_in_page("only its owner finds it")
@never_cache
@require_GET
def opening(request: Request, tenant_id: UUID) -> HttpResponse:
    """Show how far the opening is; once it is done, go there. The page asks again by itself."""
    tenant = Tenant.objects.filter(pk=tenant_id, owner=request.user).first()
    if tenant is None:
        raise Http404
    if tenant.state not in UNOPENED:
        address = way_to(tenant.pk)
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    is_waiting = tenant.state == TenantState.PENDING
    progress = figures.progress_of(tenant, at=timezone.now())
    context = {
        "tenant": tenant,
        "steps": _steps(tenant, progress),
        "is_waiting": is_waiting,
        "progress": progress,
        "pace": BRISK if progress == Progress.USUAL and not is_waiting else CALM,
    }
    template = "tenants/opening.html#steps" if request.htmx else "tenants/opening.html"
    return render(request, template, context)


def way_to(tenant_id: UUID) -> str:
    """Return the address that hands somebody over to a workspace's front page."""
    return f"{reverse('hand_over')}?{urlencode({'tenant': tenant_id, 'next': '/'})}"


def _steps(tenant: Tenant, progress: Progress) -> list[Step]:
    """Tell the steps of tenants.opening, as far as they can be seen from here."""
    is_built = tenant.level_id is not None
    here = "busy" if progress in (Progress.USUAL, Progress.LATE) else "stopped"
    return [
        Step(_("Your address is reserved"), "done"),
        Step(_("A database of its own"), "done" if is_built else here),
        Step(_("Putting in what you start with"), here if is_built else "waiting"),
        Step(_("Letting you in"), "waiting"),
    ]
