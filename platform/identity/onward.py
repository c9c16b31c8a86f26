"""On to a tenant's host from another one, and what a session that began there is good for."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from tenancy.addresses import is_custom, url_at
from tenancy.requests import Request

AT = "at"  # where a session keeps the custom domain that it began at


def lead_to(request: Request, name: str, path: str) -> HttpResponse:
    """Send the browser to a path on the host of this name.

    A browser that was sent here by a form follows redirects only to where that form's page allows (`form-action`),
    which no page could know of custom domains. There a page that leads on by itself takes the redirect's place.
    """
    address = url_at(name, path)
    return lead_by_page(request, address) if is_custom(name) else HttpResponseRedirect(address)


def lead_by_page(request: Request, address: str, *, to: str = "") -> HttpResponse:
    """Send the browser to an address without a redirect; say `to` where that is no workspace."""
    response = render(request, "webui/onward.html", {"address": address, "to": to})
    response["Cache-Control"] = "no-store"
    return response


def bind_to_host(request: Request) -> None:
    """Note that this session begins at a custom domain, if it does."""
    request.session.pop(AT, None)
    if is_custom(request.asked_name):
        request.session[AT] = request.asked_name


def is_of_this_host(request: Request) -> bool:
    """Test whether the session may be used here.

    Who takes a custom domain over gets its visitors' cookies. So a session that began at one is good there alone, and
    only for as long as the tenant is found there: as soon as its DNS leads elsewhere, that is not so.
    """
    began_at = request.session.get(AT) if request.tenant is not None else None
    return began_at is None or began_at == request.asked_name == request.tenant.primary_name
