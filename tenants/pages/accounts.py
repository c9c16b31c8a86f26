"""allauth's doors where they need to know more than it does: where somebody is heading, which mail they got."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from allauth.account.views import LoginView, SignupView
from allauth.mfa.base.views import IndexView
from django.http import HttpResponse

from tenancy import TenantRef, catalog
from tenancy.requests import Request
from tenants.models import Tenant
from webui.doors import open_page, signed_in_page

ASKING = "second_step_asked_by"  # where the session keeps which workspace sent somebody to set one up
STASHED = "account_verified_email"  # where allauth's adapter remembers the address of an invitation


@open_page("it is where one signs in")
def sign_in(request: Request) -> HttpResponse:
    """Say whose door one is signing in to."""
    view = LoginView.as_view(extra_context={"place": place_behind(_next(request))})
    response: HttpResponse = view(request)
    return response


@open_page("anybody may have an account")
def sign_up(request: Request) -> HttpResponse:
    """Make an account. An invitation vouches for the address it was mailed to, and for no other."""
    vouched = str(request.session.get(STASHED) or "").lower()
    if request.method == "POST" and vouched and request.POST.get("email", "").strip().lower() != vouched:
        del request.session[STASHED]
    view = SignupView.as_view(extra_context={"place": place_behind(_next(request)), "vouched": vouched})
    response: HttpResponse = view(request)
    return response


@signed_in_page("it is their own second step")
def second_step(request: Request) -> HttpResponse:
    """Say which workspace asks for one, if they came from there, and lead back to it."""
    if asking := request.GET.get("workspace"):
        request.session[ASKING] = asking
    view = IndexView.as_view(extra_context={"workspace": _workspace_asking(request)})
    response: HttpResponse = view(request)
    return response


def _workspace_asking(request: Request) -> Tenant | None:
    """Return the workspace that sent them here, if they work in it."""
    try:
        tenant_id = UUID(request.session.get(ASKING, ""))
    except ValueError:
        return None
    return Tenant.objects.filter(pk=tenant_id, memberships__user=request.user).first()


def place_behind(path: str) -> TenantRef | None:
    """Return the tenant that a hand-over or an invitation leads to, if it is one that may be named."""
    parts = urlsplit(path)
    first, *rest = parts.path.strip("/").split("/")
    wanted = {"hand-over": parse_qs(parts.query).get("tenant", [""])[0], "invitations": rest[0] if rest else ""}
    try:
        tenant = catalog.find_by_id(UUID(wanted.get(first, "")))
    except ValueError:
        return None
    return tenant if tenant is not None and tenant.is_open else None


def _next(request: Request) -> str:
    return request.POST.get("next") or request.GET.get("next") or ""
