"""The console's half of a support session: ask for it, go in, end it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from tenancy import catalog
from tenancy.addresses import tenant_url
from tenancy.requests import Request
from tenants.console import support
from tenants.console.forms import SupportForm
from tenants.console.models import SupportEnd, SupportSession
from tenants.console.pages.deciding import Decision, decision_page
from tenants.models import Tenant
from webui.doors import operators_page


@decision_page(recently_proved)
def ask(request: Request, tenant: Tenant) -> Decision:
    """Ask to look on at a tenant."""

    def act(filled: dict[str, Any]) -> str:
        session = support.request_session(tenant=tenant, by=request.user, at=timezone.now(), **filled)
        return _("You may enter now.") if session.is_approved else _("The owner has been asked, and has a mail.")

    return Decision(
        title=_("Look on at %(name)s") % {"name": tenant.name},
        says=(
            _("It ends by itself. Every page is written down where the owner reads it, and they get a mail at once."),
            _("Clinical notes, the team, roles, addresses, exports and tokens stay closed."),
        ),
        button=_("Ask for the session"),
        form=SupportForm(request.POST or None),
        act=act,
    )


@operators_page
@own_transaction
@never_cache
@require_GET
def give_pass(request: Request, session_id: UUID) -> HttpResponse:
    """Send the operator on to the tenant with a one-time code. Its host has just met this browser."""
    session = _find(session_id)
    state = request.GET.get("state", "")
    tenant = catalog.find_by_id(session.tenant_id)
    if not state or tenant is None:
        return redirect("operators_tenant", session.tenant_id)
    code = support.give_pass(session=session, by=request.user, state=state, at=timezone.now())
    return HttpResponseRedirect(tenant_url(tenant, f"/support/complete/?{urlencode({'code': code})}"))


@operators_page
@own_transaction
@require_POST
def end(request: Request, session_id: UUID) -> HttpResponse:
    """End the session, or take the request back."""
    session = _find(session_id)
    if support.end_session(session=session, how=SupportEnd.OPERATOR, by=request.user, at=timezone.now()):
        messages.success(request, _("The session is over."))
    return redirect("operators_tenant", session.tenant_id)


def _find(session_id: UUID) -> SupportSession:
    return get_object_or_404(SupportSession.objects.select_related("operator"), pk=session_id)
