"""From a tenant's other names to the one it chose to be known by.

A tenant keeps every subdomain it ever had and may have domains of its own; all of them lead to one. What somebody is
reading moves there. What they send is taken where it arrives: a form that was open while the name changed is not
lost, and a program need not follow a redirect, at which it would drop its token.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpResponse
from django_htmx.http import HttpResponseClientRedirect

from tenancy.addresses import tenant_url
from tenancy.requests import Request

READING = ("GET", "HEAD")
ANSWERED_ANYWHERE = ("/api/", "/static/", "/theme/")
# Whatever is wrong with a domain of their own, owners reach this on the subdomain.
ANSWERED_AT_THE_SUBDOMAIN = ("/sign-in/", "/settings/address/")


def leads_on(request: Request) -> bool:
    """Test whether somebody reads here what belongs at the tenant's primary name."""
    return request.method in READING and belongs_elsewhere(request, request.path_info)


def belongs_elsewhere(request: Request, path: str) -> bool:
    """Test whether a path is answered at the tenant's primary name, and not at the one that was asked."""
    tenant, name = request.tenant, request.asked_name
    stays = ANSWERED_ANYWHERE + (ANSWERED_AT_THE_SUBDOMAIN if name == tenant.subdomain else ())
    return name != tenant.primary_name and not path.startswith(stays)


def lead_on(request: Request) -> HttpResponse:
    """Return the redirect. It is not to be kept: a tenant may go back to an earlier name, and then it is wrong."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(tenant_url(request.tenant, _page_behind(request)))
    response = HttpResponse(status=301)
    response["Location"] = tenant_url(request.tenant, request.get_full_path())
    response["Cache-Control"] = "no-store"
    return response


def _page_behind(request: Request) -> str:
    """Return what to show when a page asked for a part of itself, which another host cannot give it: that page."""
    if request.headers.get("HX-Boosted"):
        return request.get_full_path()
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    path = f"/{page.path.lstrip('/')}"
    return f"{path}?{page.query}" if page.query else path
