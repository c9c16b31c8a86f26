"""What is done with a package that somebody has bought, beside booking from it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import GiveUpForm
from modules.billing.models import PackagePurchase
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("billing.credit_invoice")
def give_up(request: Request, purchase_id: UUID) -> HttpResponse:
    """What the sessions that are left are worth, and a form that credits them."""
    found = bought(request, purchase_id)
    form = GiveUpForm(request.POST or None)
    audit.viewed(of=found, by=request.user)
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            credit_note = services.give_up_rest(purchase=found, reason=reason, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is called off.") % {"name": found.name})
            if credit_note is None:
                return redirect("billing:package", purchase_id=found.pk)
            return redirect("billing:invoice", invoice_id=credit_note.pk)
    context = {"purchase": found, "rest": services.rest_of(found), "form": form}
    return render(request, "billing/package_give_up.html", context, status=422 if form.is_bound else 200)


def bought(request: Request, purchase_id: UUID) -> PackagePurchase:
    return get_object_or_404(PackagePurchase.objects.visible_to(request.user).for_display(), pk=purchase_id)
