"""Discounts and surcharges on a draft, and the settings: reasons to choose from, and how much each role may give."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.forms.discounts import AdjustmentForm, LimitsForm, ReasonForm
from modules.billing.models import Adjustment, DiscountReason, Invoice
from modules.billing.pages.invoices import show_adjusting, visible
from modules.billing.selectors import discount_reasons
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@action("billing.write_invoice")
def give(request: Request, invoice_id: UUID) -> HttpResponse:
    found = visible(request, invoice_id)
    form = AdjustmentForm(request.POST, invoice=found)
    status = tried(
        form,
        lambda: services.add_adjustment(
            invoice=found,
            wish=form.wished(),
            line_id=form.cleaned_data["line"],
            by=request.user,
            at=timezone.now(),
        ),
    )
    return _answer(request, found, form, status)


@action("billing.write_invoice")
def change(request: Request, invoice_id: UUID, adjustment_id: UUID) -> HttpResponse:
    found = visible(request, invoice_id)
    row = get_object_or_404(Adjustment, invoice=found, pk=adjustment_id)
    form = AdjustmentForm(request.POST, invoice=found, row=row)
    status = tried(
        form,
        lambda: services.change_adjustment(adjustment=row, wish=form.wished(), by=request.user, at=timezone.now()),
    )
    return _answer(request, found, form, status, row)


@action("billing.write_invoice")
def removal(request: Request, invoice_id: UUID, adjustment_id: UUID) -> HttpResponse:
    row = get_object_or_404(Adjustment, invoice=visible(request, invoice_id), pk=adjustment_id)
    services.remove_adjustment(adjustment=row, by=request.user, at=timezone.now())
    messages.success(request, _("Taken away. The sums are as they were without it."))
    return redirect("billing:invoice", invoice_id=invoice_id)


@page("billing.manage")
def settings(request: Request) -> HttpResponse:
    """The reasons there are, with a form for one more, and how much each role may give."""
    form = ReasonForm(request.POST or None)
    if not tried(form, lambda: services.add_reason(text=form.cleaned_data["text"], by=request.user)):
        messages.success(request, _("Added. It is offered from now on."))
        return redirect("billing:discounts")
    return _settings(request, form, LimitsForm(None, limits=services.limits_here()))


@action("billing.set_discount_limits")
def limits(request: Request) -> HttpResponse:
    form = LimitsForm(request.POST, limits=services.limits_here())
    if not tried(form, lambda: services.set_limits(percents=form.percents(), by=request.user)):
        messages.success(request, _("Saved. It holds from now on; what was given stays."))
        return redirect("billing:discounts")
    return _settings(request, ReasonForm(), form)


@action("billing.manage")
def reason_removal(request: Request, reason_id: UUID) -> HttpResponse:
    reason = get_object_or_404(DiscountReason, pk=reason_id)
    services.end_reason(reason=reason, by=request.user, at=timezone.now())
    messages.success(request, _("Removed. Discounts that were given for it keep it."))
    return redirect("billing:discounts")


def _settings(request: Request, form: ReasonForm, limits_form: LimitsForm) -> HttpResponse:
    context = {
        "form": form,
        "limits_form": limits_form,
        "reasons": discount_reasons(),
        "may_set_limits": request.user.has_perm("billing.set_discount_limits"),
    }
    is_refused = form.is_bound or limits_form.is_bound
    return render(request, "billing/discounts.html", context, status=422 if is_refused else 200)


def _answer(
    request: Request, found: Invoice, form: AdjustmentForm, status: int, row: Adjustment | None = None
) -> HttpResponse:
    if status:
        return show_adjusting(request, found, form=form, row=row, status=status)
    messages.success(request, _("Saved. The sums have followed."))
    return redirect("billing:invoice", invoice_id=found.pk)
