"""Close my account: what that means, what stands in the way, and doing it."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from kernel.errors import DomainError
from tenancy.requests import Request
from tenants import closing
from tenants.forms import ClosingForm
from webui.doors import open_page, signed_in_page
from webui.refusals import add_refusal


@signed_in_page("it is their own account")
@recently_proved
@own_transaction
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request) -> HttpResponse:
    form = ClosingForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            closing.close_account(user=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            logout(request)
            return redirect("account_closed")
    context = {"form": form, "hindrances": closing.hindrances(request.user)}
    return render(request, "tenants/close.html", context, status=status)


@open_page("whoever has just closed their account is signed out")
@require_GET
def closed(request: Request) -> HttpResponse:
    title = _("Your account is closed")
    return render(request, "tenants/closed.html", {"title": title})
