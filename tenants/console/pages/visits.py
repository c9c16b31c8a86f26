"""The tenant's half of a support session: in by a one-time code that no sign-in knows, and out again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from identity.secrets import new_secret
from kernel import cookies
from kernel.doors import open_door
from kernel.ids import is_id
from tenancy.addresses import platform_url
from tenancy.requests import Request
from tenants.console import support
from tenants.console.middleware import SESSION_KEY
from tenants.console.models import SupportEnd

STATE_COOKIE = "support-state"
STATE_FOR_SECONDS = 60


@open_door("it only remembers the browser and leads to the console, which asks who it is")
@require_GET
@never_cache
def enter(request: Request) -> HttpResponse:
    session_id = request.GET.get("session", "")
    if not is_id(session_id):
        raise Http404
    state = new_secret()
    response = HttpResponseRedirect(
        platform_url(f"/operators/support/{session_id}/pass/?{urlencode({'state': state})}")
    )
    cookies.remember(response, STATE_COOKIE, state, seconds=STATE_FOR_SECONDS)
    return response


@open_door("the one-time code is the credential")
@require_GET
@never_cache
def complete(request: Request) -> HttpResponse:
    """Take the code, leave whatever sign-in this browser has here, and begin."""
    session = support.enter(
        code=request.GET.get("code", ""),
        tenant_id=request.tenant.id,
        state=request.COOKIES.get(cookies.full_name(STATE_COOKIE), ""),
        at=timezone.now(),
    )
    request.session.flush()
    request.session[SESSION_KEY] = str(session.pk)
    request.session.set_expiry(support.LONGEST * 60)
    rotate_token(request)
    response = redirect("/")
    cookies.forget(response, STATE_COOKIE)
    return response


@open_door("whoever looks on may stop; for everybody else there is nothing to end")
@require_POST
def end(request: Request) -> HttpResponse:
    session = getattr(request, "support", None)
    if session is None:
        raise Http404
    support.end_session(session=session, how=SupportEnd.OPERATOR, by=session.operator, at=timezone.now())
    request.session.flush()
    return redirect(platform_url(f"/operators/tenants/{session.tenant_id}/"))
