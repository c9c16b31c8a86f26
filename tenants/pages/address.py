"""Where the workspace is found."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from kernel.errors import DomainError
from tenancy import TenantRef
from tenancy.addresses import tenant_host, tenant_url
from tenancy.requests import Request
from tenants import addresses
from tenants.domains import services
from tenants.domains.naming import target
from tenants.forms import DomainForm, SubdomainForm
from webui.doors import page
from webui.refusals import add_refusal


@page("tenants.manage_address")
@require_safe
def address(request: Request) -> HttpResponse:
    return show_address(request)


@page("tenants.manage_address")
@own_transaction
@recently_proved
@require_POST
def subdomain(request: Request) -> HttpResponse:
    """Change the name at Atrium."""
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
            return show_moved(request, moved)
    return show_address(request, subdomain_form=form, status=status)


@page("tenants.manage_address")
@own_transaction
@recently_proved
@require_POST
def primary(request: Request) -> HttpResponse:
    """Choose the name that links use and all others lead to."""
    name = request.POST.get("name", "")
    return show_moved(request, services.choose_address(tenant=request.tenant, name=name, by=request.user))


def show_moved(request: Request, moved: TenantRef) -> HttpResponse:
    """Say where to go on. This page is of the old address, and so is the session: a redirect would lose both."""
    context = {
        "old": tenant_host(request.tenant.primary_name),
        "new": tenant_host(moved.primary_name),
        "onward": tenant_url(moved, reverse("tenants:address")),
        "has_moved": moved.primary_name != request.tenant.primary_name,
        "tenant": moved,
    }
    return render(request, "tenants/address/moved.html", context)


def show_address(
    request: Request, *, subdomain_form: Any = None, domain_form: Any = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    domains = services.domains_of(request.tenant, at=now)
    context = {
        "names": addresses.names_of(request.tenant, at=now),
        "domains": domains,
        "checking": {domain.pk for domain in domains if domain.is_being_checked(now)},
        "subdomain_form": subdomain_form or SubdomainForm(initial={"subdomain": request.tenant.subdomain}),
        "domain_form": domain_form or DomainForm(),
        "host": tenant_host(""),
        "target": target(),
        "days": addresses.WITHIN.days,
        "is_demo": bool(settings.DNS_FILE),
    }
    template = "tenants/address/address.html"
    return render(request, f"{template}#names" if request.htmx else template, context, status=status)
