"""The workspace's own domains."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from kernel.errors import DomainError
from tenancy.requests import Request
from tenants.domains import services
from tenants.domains.models import CustomDomain, DomainState
from tenants.forms import DomainForm
from tenants.pages.address import show_address, show_moved
from webui.doors import page
from webui.refusals import add_refusal


@page("tenants.manage_address")
@own_transaction
@require_POST
def add(request: Request) -> HttpResponse:
    form = DomainForm(request.POST)
    status = 422
    if form.is_valid():
        typed = form.cleaned_data["name"]
        try:
            domain = services.add_domain(tenant=request.tenant, typed=typed, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            told = _("%(domain)s is noted. Two DNS records prove that it is yours.")
            messages.success(request, told % {"domain": domain.shown})
            return redirect("tenants:address")
    return show_address(request, domain_form=form, status=status)


@page("tenants.manage_address")
@own_transaction
@require_POST
def check(request: Request, domain_id: UUID) -> HttpResponse:
    """Ask the name servers now."""
    services.ask_for_check(tenant=request.tenant, domain_id=domain_id, at=timezone.now())
    return redirect("tenants:address")


@page("tenants.manage_address")
@own_transaction
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: Request, domain_id: UUID) -> HttpResponse:
    """Ask first: as a dialog where there is JavaScript, as a page where there is none."""
    if request.method == "POST":
        left = services.remove_domain(tenant=request.tenant, domain_id=domain_id, by=request.user, at=timezone.now())
        if left.primary_name != request.tenant.primary_name:
            return show_moved(request, left)
        messages.success(request, _("The domain is removed."))
        return redirect("tenants:address")
    template = "tenants/address/remove.html#dialog" if request.htmx else "tenants/address/remove.html"
    domain = _find(request, domain_id)
    is_primary = domain.name == request.tenant.primary_name
    return render(request, template, {"domain": domain, "is_primary": is_primary})


def _find(request: Request, domain_id: UUID) -> CustomDomain:
    for domain in services.domains_of(request.tenant, at=timezone.now()):
        if domain.pk == domain_id and domain.state != DomainState.REMOVED:
            return domain
    raise Http404
