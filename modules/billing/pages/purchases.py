"""What is done with a package that somebody has bought, beside booking from it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import FreezeForm, GiveUpForm, ResumeForm, TransferForm
from modules.billing.models import PackagePause, PackagePurchase
from modules.billing.pages.writing import patient_named
from modules.billing.services.packages import drawing
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal, tried


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


@page("billing.sell_package")
def freeze(request: Request, purchase_id: UUID) -> HttpResponse:
    """Freeze a package; or, of one that is frozen, say from when on it goes on."""
    found = bought(request, purchase_id)
    card = drawing.card_of(found, on=timezone.localdate())
    audit.viewed(of=found, by=request.user)
    form: FreezeForm | ResumeForm
    do: Callable[..., PackagePause]
    if card.frozen_from is None:
        form = FreezeForm(request.POST or None, today=timezone.localdate())
        do, done = services.freeze_package, _("Frozen. Its last day moves by the days until it goes on.")
    else:
        form = ResumeForm(request.POST or None, today=max(card.frozen_from, timezone.localdate()))
        do, done = services.resume_package, _("It goes on. Its last day is %(day)s.")
    by, at = request.user, timezone.now()
    status = tried(form, lambda: do(purchase=found, by=by, at=at, **form.cleaned_data))
    if form.is_bound and not status:
        found.refresh_from_db(fields=["expires_on"])  # a trigger moves it
        messages.success(request, done % {"day": date_format(found.expires_on, "D j M Y")})
        return redirect("billing:package", purchase_id=found.pk)
    context = {"purchase": found, "card": card, "form": form}
    return render(request, "billing/package_freeze.html", context, status=status)


@page("billing.sell_package")
def transfer(request: Request, purchase_id: UUID) -> HttpResponse:
    """Pass what is left of a package on to somebody who is chosen here."""
    found = bought(request, purchase_id)
    fields = request.POST if request.method == "POST" else request.GET
    to = patient_named(request, fields.get("patient", ""))
    form = TransferForm(request.POST or None)
    audit.listed(what=PackagePurchase, subjects=[found.patient_id, *([to.id] if to else [])], by=request.user)
    if form.is_bound and to is None:
        form.add_error(None, _("Say who has it from now on."))
    if to is not None and form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            services.transfer_package(purchase=found, to_id=to.id, reason=reason, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(package)s is %(name)s's now.") % {"package": found.name, "name": to.name})
            return redirect("billing:package", purchase_id=found.pk)
    context = {"purchase": found, "patient": to, "form": form, "values": fields}
    return render(request, "billing/package_transfer.html", context, status=422 if form.is_bound else 200)


def bought(request: Request, purchase_id: UUID) -> PackagePurchase:
    return get_object_or_404(PackagePurchase.objects.visible_to(request.user).for_display(), pk=purchase_id)
