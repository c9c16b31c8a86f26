"""The rates of tax: those there are, those to come, and those of a country to begin with."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.domain.stamp_duty import COUNTRY
from modules.billing.forms.taxes import CountryForm, RateForm, StampDutyForm
from modules.billing.models import TaxRate
from modules.billing.selectors import tax_rates
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("billing.manage")
def rates(request: Request) -> HttpResponse:
    """The rates, and a form for one that begins on a day."""
    form = RateForm(request.POST or None, on=timezone.localdate())
    if not tried(form, lambda: services.begin_rate(details=form.details(), by=request.user)):
        messages.success(request, _("Saved. It holds for what is supplied from that day on; bills stay as they are."))
        return redirect("billing:tax_rates")
    return _show(request, form, CountryForm(None, country=services.country_here()))


@action("billing.manage")
def preset(request: Request) -> HttpResponse:
    """Take over the rates of a country."""
    form = CountryForm(request.POST, country=services.country_here())
    if not tried(form, lambda: services.take_over_rates(country=form.cleaned_data["country"], by=request.user)):
        messages.success(request, _("Taken over. Look through them: the law changes faster than a list of ours."))
        return redirect("billing:tax_rates")
    return _show(request, RateForm(None, on=timezone.localdate()), form)


@action("billing.manage")
def end(request: Request, tax_rate_id: UUID) -> HttpResponse:
    """End a rate with today; one that has not begun is taken back."""
    row, today = get_object_or_404(TaxRate.objects.kept(), pk=tax_rate_id), timezone.localdate()
    if row.valid_from > today:
        services.take_back_rate(rate=row, by=request.user, at=timezone.now(), on=today)
    else:
        services.end_rate(rate=row, until=today, by=request.user)
    messages.success(request, _("Done. Bills that were drawn up stay as they are."))
    return redirect("billing:tax_rates")


@action("billing.manage")
def stamp_duty(request: Request) -> HttpResponse:
    form = StampDutyForm(request.POST, rules=services.tax_rules())
    if form.is_valid():
        services.set_stamp_duty(stamp_duty=form.chosen(), by=request.user)
        messages.success(request, _("Saved. It holds for bills that are drawn up from now on."))
    return redirect("billing:tax_rates")


def _show(request: Request, form: RateForm, country_form: CountryForm) -> HttpResponse:
    has_duty = services.country_here() == COUNTRY
    context = {
        "form": form,
        "country_form": country_form,
        "rates": tax_rates(),
        "today": timezone.localdate(),
        "duty_form": StampDutyForm(None, rules=services.tax_rules()) if has_duty else None,
    }
    is_refused = form.is_bound or country_form.is_bound
    return render(request, "billing/tax_rates.html", context, status=422 if is_refused else 200)
