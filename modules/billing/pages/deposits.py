"""Deposits: the rules, those that are waited for, and what becomes of one whose visit is not to be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing import services
from modules.billing.forms import DepositRuleForm, WaiverForm
from modules.billing.models import Deposit, DepositRule
from modules.billing.selectors import open_deposits, rules_with_names
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

SHOWN = 100


@page("billing.manage")
def rules(request: Request) -> HttpResponse:
    """The rules there are, and a form for one more; for a service that has one it takes its place."""
    form = DepositRuleForm(request.POST or None, services=scheduling.services_offered())
    if not tried(form, lambda: services.set_rule(wish=form.wished(), by=request.user)):
        messages.success(request, _("Saved. It holds for what is booked from now on."))
        return redirect("billing:deposit_rules")
    context = {"form": form, "rules": rules_with_names(), "cards_are_ready": services.cards_are_ready()}
    return render(request, "billing/deposit_rules.html", context, status=422 if form.is_bound else 200)


@action("billing.manage")
def rule_removal(request: Request, rule_id: UUID) -> HttpResponse:
    services.remove_rule(rule=get_object_or_404(DepositRule, pk=rule_id), by=request.user)
    messages.success(request, _("Removed. Deposits that were asked for stay as they are."))
    return redirect("billing:deposit_rules")


@page("billing.take_payment")
def deposits(request: Request) -> HttpResponse:
    """Those that somebody has to see to, and those that are waited for."""
    rows = Deposit.objects.visible_to(request.user).for_display()
    unplaced = list(rows.to_see_to().order_by("unplaced_at")[:SHOWN])
    waited_for = list(open_deposits(rows)[:SHOWN])
    audit.listed(what=Deposit, subjects=[each.subject_id for each in (*unplaced, *waited_for)], by=request.user)
    return render(request, "billing/deposits.html", {"unplaced": unplaced, "waited_for": waited_for})


@page("billing.write_invoice")
def waiver(request: Request, deposit_id: UUID) -> HttpResponse:
    deposit = _visible(request, deposit_id)
    form = WaiverForm(request.POST or None)
    if not tried(
        form,
        lambda: services.waive_deposit(
            deposit=deposit, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        ),
    ):
        messages.success(request, _("Waived. The visit is booked, and a mail says so."))
        return redirect("scheduling:visit", appointment_id=deposit.appointment_id)
    audit.listed(what=Deposit, subjects=[deposit.subject_id], by=request.user)
    context = {"form": form, "deposit": deposit}
    return render(request, "billing/waiver.html", context, status=422 if form.is_bound else 200)


@action("billing.take_payment")
def settlement(request: Request, deposit_id: UUID) -> HttpResponse:
    deposit, outcome = _visible(request, deposit_id), request.POST.get("outcome", "")
    if outcome not in services.Outcome.__members__:
        raise Http404
    services.settle_deposit(deposit=deposit, outcome=services.Outcome(outcome), by=request.user, at=timezone.now())
    told = {
        "KEPT": _("Written down: the practice keeps it."),
        "RETURNED": _("Written down: it is paid back."),
        "CREDITED": _("It is taken off the next bill."),
    }
    messages.success(request, told[outcome])
    return redirect("scheduling:visit", appointment_id=deposit.appointment_id)


def _visible(request: Request, deposit_id: UUID) -> Any:
    return get_object_or_404(Deposit.objects.visible_to(request.user).for_display(), pk=deposit_id)
