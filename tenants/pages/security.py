"""Who has to have a second step at sign-in, and what is said to those who have none."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access import second_step
from access.second_step import AskedOf
from httpapi.transactions import own_transaction
from identity.pages import safe_path
from identity.proofs import require_proof
from tenancy.addresses import platform_url
from tenancy.requests import Request
from tenants.forms import SecondStepForm
from tenants.security import ask_for_second_step, colleagues, standing_of, those_with_one
from webui.doors import page, signed_in_page


@page("tenants.manage_security")
@own_transaction
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: Request) -> HttpResponse:
    form = SecondStepForm(request.POST or None, initial={"asked_of": request.tenant.second_step_for})
    if form.is_bound:
        require_proof(request)
        if form.is_valid():
            asked_of = AskedOf(form.cleaned_data["asked_of"])
            ask_for_second_step(tenant=request.tenant, of=asked_of, by=request.user)
            messages.success(request, _("Saved. It holds from the next page they open."))
            return redirect("tenants:security")
    return _show(request, form, status=422 if form.is_bound else 200)


def _show(request: Request, form: Any, *, status: int) -> HttpResponse:
    members = list(colleagues())
    with_one = those_with_one(members)
    people = [standing_of(each, asked_of=request.tenant.second_step_for, with_one=with_one) for each in members]
    context = {
        "form": form,
        "people": people,
        "has_one": request.user.pk in with_one,
        "without": sum(not each.has_one for each in people),
        "set_up_url": _way_to_set_up(request),
    }
    return render(request, "tenants/security/security.html", context, status=status)


@signed_in_page("it says what is asked of them, and nothing else")
@require_safe
def second_step_asked(request: Request) -> HttpResponse:
    """Say calmly that a second step comes first, and how to get one. Who has one goes on to where they were going."""
    onward = safe_path(request.GET.get("next"))
    if not second_step.is_missing(request.user, request.tenant):
        return redirect(onward)
    return render(
        request,
        "tenants/security/asked.html",
        {"set_up_url": _way_to_set_up(request), "onward": request.get_full_path()},
    )


def _way_to_set_up(request: Request) -> str:
    return platform_url(f"/accounts/2fa/?{urlencode({'workspace': request.tenant.id})}")
