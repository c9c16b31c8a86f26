"""The letterhead, and the practice's account at the payment gateway."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import LetterheadForm
from modules.billing.models import GatewayAccount
from modules.billing.services.letterhead import letterhead
from tenancy.addresses import tenant_url
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried


@page("billing.manage")
def overview(request: Request) -> HttpResponse:
    form = LetterheadForm(request.POST or None, instance=letterhead())
    if not tried(form, lambda: services.set_letterhead(details=form.details(), by=request.user)):
        messages.success(request, _("Saved. Invoices that are already sent stay as they are."))
        return redirect("billing:settings")
    return _show(request, form)


@page("billing.manage")
@own_transaction
def cards(request: Request) -> HttpResponse:
    """Send the owner to the gateway, to prove who they are; or, coming back from there, see how far that is."""
    here = tenant_url(request.tenant, reverse("billing:cards"))
    try:
        if request.method == "POST":
            link = services.link_to_set_up(return_url=here, refresh_url=here, at=timezone.now())
            return redirect(link)
        services.refresh_account()
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("billing:settings")


def _show(request: Request, form: Any) -> HttpResponse:
    context = {"form": form, "account": GatewayAccount.objects.first()}
    return render(request, "billing/settings.html", context, status=422 if form.is_bound else 200)
