"""Where the workspace is found."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from kernel.errors import DomainError
from tenancy.addresses import tenant_host, tenant_url
from tenancy.requests import Request
from tenants import addresses
from tenants.forms import SubdomainForm
from webui.doors import page
from webui.refusals import add_refusal


@page("tenants.manage_address")
@require_safe
def address(request: Request) -> HttpResponse:
    return _show(request, SubdomainForm(initial={"subdomain": request.tenant.subdomain}))


@page("tenants.manage_address")
@own_transaction
@recently_proved
@require_POST
def subdomain(request: Request) -> HttpResponse:
    """Change the subdomain, and say where to go on: neither this session nor this page is of the new address."""
    form = SubdomainForm(request.POST)
    status = 422
    if form.is_valid():
        name = form.cleaned_data["subdomain"]
        try:
            moved = addresses.change_subdomain(tenant=request.tenant, name=name, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            context = {
                "old": tenant_host(request.tenant.subdomain),
                "new": tenant_host(moved.subdomain),
                "onward": tenant_url(moved, reverse("tenants:address")),
            }
            return render(request, "tenants/address/moved.html", context)
    return _show(request, form, status=status)


def _show(request: Request, form: Any, *, status: int = 200) -> HttpResponse:
    found = addresses.names_of(request.tenant, at=timezone.now())
    context = {
        "names": found,
        "form": form,
        "host": tenant_host(""),
        "days": addresses.WITHIN.days,
    }
    return render(request, "tenants/address/address.html", context, status=status)
