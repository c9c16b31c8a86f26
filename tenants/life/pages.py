"""Your data: have it exported, fetch it, and have the workspace deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from kernel.errors import DomainError
from tenancy.addresses import platform_url
from tenancy.requests import Request
from tenants.life import deleting, exporting, links
from tenants.life.forms import DeletionForm
from tenants.life.models import Export, ExportState
from webui.doors import page
from webui.refusals import add_refusal

SHOWN = 10


@page("tenants.export_data")
@never_cache
@require_GET
def data(request: Request) -> HttpResponse:
    template = "life/data.html#exports" if request.htmx and not request.htmx.boosted else "life/data.html"
    return render(request, template, _context(request))


@page("tenants.export_data")
@recently_proved
@require_POST
def ask(request: Request) -> HttpResponse:
    try:
        exporting.request_export(tenant=request.tenant, by=request.user, at=timezone.now())
    except exporting.ExportUnderWay as error:
        messages.info(request, str(error))
    return redirect("tenants:data")


@page("tenants.export_data")
@recently_proved
@never_cache
@require_GET
def file(request: Request, token: str) -> HttpResponseBase:
    try:
        export = links.export_behind(token, user=request.user)
    except links.LinkNotGood as error:
        messages.info(request, str(error))
        return redirect("tenants:data")
    return links.hand_out(export, tenant=request.tenant, by=request.user)


@page("tenants.export_data")
@require_POST
def discard(request: Request, export_id: UUID) -> HttpResponse:
    """Delete the file before its time, or stop an export that is being made."""
    exporting.discard_export(export=links.find_export(export_id), by=request.user)
    messages.success(request, _("The export is deleted."))
    return redirect("tenants:data")


@page("tenants.delete_workspace")
@recently_proved
@own_transaction
@require_http_methods(["GET", "HEAD", "POST"])
def deletion(request: Request) -> HttpResponse:
    """Have the whole workspace deleted. Whoever did so is led to where it can be stopped."""
    form = DeletionForm(request.POST or None, expected=request.tenant.subdomain)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            deleting.delete_own(
                tenant=request.tenant, by=request.user, reason=form.cleaned_data["reason"], at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            return redirect(platform_url("/workspaces/"))
    context = {"form": form, "days": deleting.GRACE.days}
    return render(request, "life/deletion.html", context, status=status)


def _context(request: Request) -> dict[str, Any]:
    exports = list(Export.objects.newest_first()[:SHOWN])
    shown = [
        (export, links.sign(export, user=request.user) if export.state == ExportState.READY else "")
        for export in exports
    ]
    is_busy = any(export.is_under_way for export in exports)
    return {"exports": shown, "is_busy": is_busy, "may_delete": request.user.has_perm("tenants.delete_workspace")}
