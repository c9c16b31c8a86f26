"""The owner's page on support: who looked on and why, who asks to, and whether they want to be asked."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from access.models import Role
from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from tenancy import use_platform
from tenancy.requests import Request
from tenants.console import support as sessions
from tenants.console.forms import AnswerForm, SupportPolicyForm
from tenants.console.models import SupportEnd, SupportPolicy, SupportSession, SupportState
from tenants.models import Tenant
from webui.doors import page

SHOWN = 50


class Line(NamedTuple):
    session: SupportSession
    state: SupportState
    role: str

    @property
    def is_live(self) -> bool:
        return self.state in (SupportState.READY, SupportState.GOING)


@page("tenants.manage_support")
@own_transaction
@require_GET
def support(request: Request) -> HttpResponse:
    with use_platform():
        found = list(sessions.sessions_of(request.tenant.id)[:SHOWN])
        ask_first = SupportPolicy.objects.filter(pk=request.tenant.id, ask_first=True).exists()
    lines = lines_of(found)
    context = {
        "waiting": [line for line in lines if line.state == SupportState.WAITING],
        "lines": [line for line in lines if line.state != SupportState.WAITING],
        "form": SupportPolicyForm(initial={"ask_first": ask_first}),
    }
    return render(request, "console/support.html", context)


@page("tenants.manage_support")
@own_transaction
@recently_proved
@require_POST
def answer(request: Request, supportsession_id: UUID) -> HttpResponse:
    """Let a request in, with what the owner ticked, or deny it."""
    session, form = _find(request, supportsession_id), AnswerForm(request.POST)
    if not form.is_valid():
        return redirect("tenants:support")
    answered = sessions.answer_session(session=session, by=request.user, at=timezone.now(), **form.cleaned_data)
    told = _("They may look on now.") if answered.is_approved else _("They have been told no.")
    messages.success(request, told)
    return redirect("tenants:support")


@page("tenants.manage_support")
@own_transaction
@require_POST
def end(request: Request, supportsession_id: UUID) -> HttpResponse:
    """Show support out."""
    session = _find(request, supportsession_id)
    sessions.end_session(session=session, how=SupportEnd.OWNER, by=request.user, at=timezone.now())
    messages.success(request, _("It is over. Nothing opens to them any more."))
    return redirect("tenants:support")


@page("tenants.manage_support")
@own_transaction
@recently_proved
@require_POST
def policy(request: Request) -> HttpResponse:
    form = SupportPolicyForm(request.POST)
    if form.is_valid():
        with use_platform():
            tenant = Tenant.objects.with_rooms().get(pk=request.tenant.id)
        sessions.set_policy(tenant=tenant, ask_first=form.cleaned_data["ask_first"], by=request.user)
        messages.success(request, _("Saved."))
    return redirect("tenants:support")


def lines_of(found: list[SupportSession]) -> list[Line]:
    at = timezone.now()
    return [Line(session, session.state(at), str(Role(session.role).label)) for session in found]


def _find(request: Request, session_id: UUID) -> SupportSession:
    with use_platform():
        found: SupportSession | None = sessions.sessions_of(request.tenant.id).filter(pk=session_id).first()
    if found is None:
        raise Http404
    return found
