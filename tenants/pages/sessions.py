"""Where I am signed in, and which programs act for me: to be looked at, and ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from identity import sign_ins
from tenancy import catalog
from tenancy.requests import Request
from webui.doors import signed_in_page

OWN = "everybody sees and ends what is their own"


@signed_in_page(OWN)
@never_cache
@require_GET
def sessions(request: Request) -> HttpResponse:
    at, user_id = timezone.now(), request.user.pk
    found = sign_ins.sign_ins_of(user_id=user_id, here=_here(request), at=at)
    programs = sign_ins.programs_of(user_id=user_id, at=at)
    context = {
        "sign_ins": [(each, [_place(tenant_id) for tenant_id in each.tenant_ids]) for each in found],
        "programs": [(each, _place(each.tenant_id)) for each in programs],
        "has_others": any(not each.is_here for each in found),
    }
    return render(request, "tenants/sessions.html", context)


@signed_in_page(OWN)
@require_POST
def end_session(request: Request, sign_in: UUID) -> HttpResponse:
    if not sign_ins.end_own_sign_in(user_id=request.user.pk, sign_in=sign_in):
        raise Http404
    return _done(request, _("That browser is signed out, here and in every workspace it was in."))


@signed_in_page(OWN)
@require_POST
def end_others(request: Request) -> HttpResponse:
    sign_ins.end_other_sign_ins(user_id=request.user.pk, here=_here(request))
    return _done(request, _("All other browsers are signed out."))


@signed_in_page(OWN)
@require_POST
def end_program(request: Request, family: UUID) -> HttpResponse:
    if not sign_ins.end_program(user_id=request.user.pk, family=family):
        raise Http404
    return _done(request, _("That program can no longer act for you."))


def _done(request: Request, told: str) -> HttpResponse:
    messages.success(request, told)
    return redirect("sessions")


def _here(request: Request) -> UUID | None:
    sign_in = request.session.get("sign_in")
    return UUID(sign_in) if sign_in else None


def _place(tenant_id: UUID | None) -> Any:
    """Return what a host is called: the workspace's name, or ours."""
    if tenant_id is None:
        return "Atrium"
    tenant = catalog.find_by_id(tenant_id)
    return tenant.name if tenant else _("A workspace that is no more")
