"""The price list of treatments: what is on it, and a file in place of typing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import PriceListForm, TreatmentCodeForm
from modules.billing.models import TreatmentCode
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("billing.manage")
def codes(request: Request) -> HttpResponse:
    """The list, and the file that adds to it: all of it, or with one mistake nothing."""
    form = PriceListForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            count = services.load_price_list(content=content, by=request.user, on=timezone.localdate())
        except DomainError as error:
            add_refusal(form, error)
        else:
            told = ngettext("%(n)d treatment is on the list.", "%(n)d treatments are on the list.", count)
            messages.success(request, told % {"n": count})
            return redirect("billing:treatment_codes")
    context = {
        "codes": TreatmentCode.objects.kept().select_related("service").order_by("code", "valid_from"),
        "form": form,
        "today": timezone.localdate(),
    }
    return render(request, "billing/treatment_codes.html", context, status=422 if form.is_bound else 200)


@page("billing.manage")
def add(request: Request) -> HttpResponse:
    return _form(request, None)


@page("billing.manage")
def change(request: Request, treatment_code_id: UUID) -> HttpResponse:
    return _form(request, _kept(treatment_code_id))


@action("billing.manage")
def end(request: Request, treatment_code_id: UUID) -> HttpResponse:
    ended = services.end_code(row=_kept(treatment_code_id), by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is off the list. What was done stays as it was.") % {"name": ended.name})
    return redirect("billing:treatment_codes")


def _form(request: Request, row: TreatmentCode | None) -> HttpResponse:
    form = TreatmentCodeForm(request.POST or None, row=row, on=timezone.localdate())
    if form.is_bound and form.is_valid():
        try:
            if row is None:
                services.add_code(details=form.details(), by=request.user)
            else:
                services.change_code(row=row, details=form.details(), by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved. What was done before keeps its price."))
            return redirect("billing:treatment_codes")
    return render(
        request, "billing/treatment_code.html", {"form": form, "row": row}, status=422 if form.is_bound else 200
    )


def _kept(treatment_code_id: UUID) -> TreatmentCode:
    return get_object_or_404(TreatmentCode.objects.kept(), pk=treatment_code_id)
