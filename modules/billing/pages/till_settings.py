"""The settings of tills: those there are, their names, which are in use, and the rules about cash."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from modules.billing.forms.tills import TillChangeForm, TillForm, TillRulesForm
from modules.billing.models import Till, TillRules
from modules.billing.selectors.tills import tills
from modules.billing.services import tills as services
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("billing.manage")
def settings(request: Request) -> HttpResponse:
    form = TillForm(request.POST or None, places=scheduling.locations())
    if not (status := tried(form, lambda: services.add_till(details=form.details(), by=request.user))):
        messages.success(request, _("Added. It is opened on the page Cash."))
        return redirect("billing:till_settings")
    return _show(request, form, TillRulesForm(None, rules=TillRules.here()), status)


@action("billing.manage")
def rules(request: Request) -> HttpResponse:
    form = TillRulesForm(request.POST, rules=TillRules.here())
    if not (status := tried(form, lambda: services.set_till_rules(**form.cleaned_data, by=request.user))):
        messages.success(request, _("Saved."))
        return redirect("billing:till_settings")
    return _show(request, TillForm(None, places=scheduling.locations()), form, status)


@page("billing.manage")
def change(request: Request, till_id: UUID) -> HttpResponse:
    till = get_object_or_404(Till.objects.select_related("location"), pk=till_id)
    form = TillChangeForm(request.POST or None, initial={"name": till.name, "is_active": till.is_active})
    if not (status := tried(form, lambda: services.change_till(till=till, **form.cleaned_data, by=request.user))):
        messages.success(request, _("Saved."))
        return redirect("billing:till_settings")
    return render(request, "billing/tills/change.html", {"till": till, "form": form}, status=status)


def _show(request: Request, form: TillForm, rules_form: TillRulesForm, status: int) -> HttpResponse:
    context = {"tills": tills(), "form": form, "rules_form": rules_form}
    return render(request, "billing/tills/settings.html", context, status=status)
