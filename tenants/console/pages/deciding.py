"""How the console asks before it acts: it says what will happen, and wants to know why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from kernel.errors import DomainError
from tenancy.requests import Request
from tenants.models import Tenant
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
