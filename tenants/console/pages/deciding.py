"""How the console asks before it acts: it says what will happen, and wants to know why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from tenancy.requests import Request
from tenants.models import Tenant
from webui.doors import operators_page
from webui.refusals import add_refusal

TEMPLATE = "console/decision.html"


@dataclass(frozen=True, slots=True)
class Decision:
    """`says` are the sentences on what happens and what does not; `act` does it and returns what to say afterwards."""

    title: str
    says: tuple[str, ...]
    button: str
    form: forms.Form
    act: Callable[[dict[str, Any]], str]
    is_danger: bool = False


def find_tenant(tenant_id: UUID) -> Tenant:
    rows = Tenant.objects.with_rooms().select_related("owner")
    return get_object_or_404(rows, pk=tenant_id)


def decision_page(*guards: Callable[..., Any]) -> Callable[[Callable[..., Decision]], Callable[..., HttpResponse]]:
    """Make a page for operators of a question about a tenant. The `guards` stand before it, the outermost first."""

    def make(question: Callable[..., Decision]) -> Callable[..., HttpResponse]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(question)
        def page(request: Request, tenant_id: UUID, **named: Any) -> HttpResponse:
            tenant = find_tenant(tenant_id)
            return decide(request, tenant, question(request, tenant, **named))

        for guard in reversed(guards):
            page = guard(page)
        return operators_page(own_transaction(page))

    return make


def decide(request: Request, tenant: Tenant, decision: Decision) -> HttpResponse:
    """Show the question: as a dialog where there is JavaScript, as a page where there is none. Act when it is sent."""
    status = 200
    if request.method == "POST":
        if decision.form.is_valid():
            try:
                messages.success(request, decision.act(decision.form.cleaned_data))
            except DomainError as error:
                add_refusal(decision.form, error)
                status = error.status
            else:
                return redirect("operators_tenant", tenant.pk)
        else:
            status = 422
    template = f"{TEMPLATE}#dialog" if request.htmx and request.method == "GET" else TEMPLATE
    return render(request, template, {"tenant": tenant, "decision": decision, "form": decision.form}, status=status)
