"""Signing in to a tenant: start there, prove who you are on the platform's host, come back."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth import login, logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from identity import handover, onward, proofs, sign_ins
from identity.arrivals import arrive
from identity.secrets import new_secret
from kernel import cookies, limits
from kernel.doors import open_door
from tenancy import TenantRef, catalog, use_platform
from tenancy.addresses import platform_url
from tenancy.requests import Request

STATE_COOKIE = "sign-in-state"
STATE_FOR_SECONDS = 15 * 60
CODES_A_MINUTE = 120  # from one address: a whole practice may sign in at nine


@open_door("it is where one signs in")
@require_GET
@never_cache
def sign_in(request: Request) -> HttpResponse:
    """Tenant's host: remember this browser, and send the person to prove who they are."""
    state = request.COOKIES.get(cookies.full_name(STATE_COOKIE)) or new_secret()
    query = {
        "tenant": request.tenant.id,
        "at": request.asked_name,
        "state": state,
        "next": safe_path(request.GET.get("next")),
    }
    if request.GET.get("prove"):
        query["prove"] = "1"
    response = redirect(platform_url(f"/hand-over/?{urlencode(query)}"))
    cookies.remember(response, STATE_COOKIE, state, seconds=STATE_FOR_SECONDS)
    return response


@open_door("it sends those who are not signed in to do so")
@require_GET
@never_cache
def hand_over(request: Request) -> HttpResponse:
    """Platform's host: send a signed-in person on to the tenant with a one-time code; sign the others in first."""
    tenant = _tenant_asked_for(request)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.GET.get("prove") and not proofs.is_recent(proofs.proved_at(request), at=timezone.now()):
        return redirect(proofs.way_to_prove(request))
    state, came_from = request.GET.get("state", ""), request.GET.get("at", tenant.primary_name)
    path = safe_path(request.GET.get("next"))
    # From a mail or the list of workspaces, or from a name that was given up meanwhile: the host has not met this
    # browser yet.
    if not state or came_from not in (tenant.primary_name, tenant.subdomain):
        return onward.lead_to(request, tenant.primary_name, f"/sign-in/?{urlencode({'next': path})}")
    code = handover.give_code(
        user=request.user,
        tenant_id=tenant.id,
        state=state,
        comes_from=_comes_from(request),
        at=timezone.now(),
    )
    return onward.lead_to(request, came_from, f"/sign-in/complete/?{urlencode({'code': code, 'next': path})}")


@open_door("the one-time code is the credential")
@require_GET
@never_cache
def complete_sign_in(request: Request) -> HttpResponse:
    """Tenant's host: take the code, and start a session that is good here only."""
    limits.count("hand-over", request.ip, at_most=CODES_A_MINUTE, seconds=60)
    taken = handover.take_code(
        code=request.GET.get("code", ""),
        tenant_id=request.tenant.id,
        state=request.COOKIES.get(cookies.full_name(STATE_COOKIE), ""),
        at=timezone.now(),
    )
    with use_platform():
        login(request, taken.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        onward.bind_to_host(request)
        if taken.sign_in is not None:
            request.session["sign_in"] = str(taken.sign_in)
        proofs.remember_proof(request, taken.proved_at)
        if not handover.is_kept(taken.session_key):
            request.session.set_expiry(0)
    arrive(user=taken.user, tenant=request.tenant, at=timezone.now())
    response = redirect(safe_path(request.GET.get("next")))
    cookies.forget(response, STATE_COOKIE)
    return response


@open_door("anybody may leave")
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """Tenant's host: end the session here, the one on the platform's host, and all others that came from that."""
    sign_in = request.session.get("sign_in")
    with use_platform():
        logout(request)
    if sign_in:
        sign_ins.end_sign_in(UUID(sign_in))
    return redirect(platform_url("/"))


def safe_path(path: str | None) -> str:
    """Return `path` if it stays on this host, else the front page."""
    return path if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/") else "/"


def _comes_from(request: Request) -> handover.ComesFrom:
    sign_in = request.session.get("sign_in")
    return handover.ComesFrom(
        session_key=request.session.session_key or "",
        sign_in=UUID(sign_in) if sign_in else None,
        proved_at=proofs.proved_at(request),
    )


def _tenant_asked_for(request: Request) -> TenantRef:
    try:
        tenant = catalog.find_by_id(UUID(request.GET.get("tenant", "")))
    except ValueError:
        tenant = None
    if tenant is None:
        raise Http404
    return tenant
