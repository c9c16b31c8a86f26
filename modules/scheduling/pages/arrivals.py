"""The arrival of somebody: a calm form, of which every item can wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.domain.checklist import Item
from modules.scheduling.domain.vitals import Sign, measures_of
from modules.scheduling.forms.arrivals import ArrivalForm, CheckInRulesForm
from modules.scheduling.models import ITEM_LABELS, Appointment, CheckIn
from modules.scheduling.selectors import asked_for, missing_at
from modules.scheduling.services.check_in_rules import set_check_in_rules
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("scheduling.run_visit")
def check_in(request: Request, appointment_id: UUID) -> HttpResponse:
    visible = Appointment.objects.visible_to(request.user).for_display()
    appointment = get_object_or_404(visible, pk=appointment_id)
    known = CheckIn.objects.filter(appointment=appointment).first()
    measures = measures_of(is_animal=appointment.patient.is_animal)
    if not request.user.has_perm("scheduling.note_findings", appointment):
        measures = {}
    if request.method != "POST":
        return _show(request, appointment, ArrivalForm(measures=measures, initial=_values(known)), known)
    form = ArrivalForm(request.POST, measures=measures)
    if not form.is_valid():
        return _show(request, appointment, form, known, status=422)
    try:
        services.note_arrival(
            appointment=appointment,
            arrival=form.arrival(),
            version=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
        )
    except DomainError as error:
        add_refusal(form, error)
        return _show(request, appointment, form, known, status=error.status)
    messages.success(request, _("%(who)s is checked in; what was noted is kept.") % {"who": appointment.patient.name})
    return redirect("scheduling:visit", appointment_id=appointment.pk)


def _show(
    request: Request, appointment: Appointment, form: forms.Form, known: CheckIn | None, *, status: int = 200
) -> HttpResponse:
    audit.viewed(of=appointment, by=request.user)
    context = {
        "appointment": appointment,
        "patient": appointment.patient,
        "form": form,
        "known": known,
        "missing": shown_missing(appointment, user=request.user),
    }
    return render(request, "scheduling/check_in.html", context, status=status)


def shown_missing(appointment: Appointment, *, user: Any) -> dict[str, Any] | None:
    """Return what is missing of the check-in list, in words, and the texts to be signed; None if nothing is."""
    missing = missing_at([appointment], user=user).get(appointment.pk)
    if missing is None:
        return None
    others = [ITEM_LABELS[item] for item in missing.items if item is not Item.CONSENT]
    return {"items": others, "unsigned": missing.unsigned, "may_take": user.has_perm("crm.take_consent")}


@page("scheduling.manage")
def rules(request: Request) -> HttpResponse:
    """What is asked for when somebody arrives."""
    form = CheckInRulesForm(request.POST or None, initial={"asked": sorted(asked_for())})
    if request.method == "POST" and form.is_valid():
        set_check_in_rules(asked=form.chosen(), by=request.user)
        messages.success(request, _("Saved."))
        return redirect("scheduling:check_in_rules")
    return render(request, "scheduling/check_in_rules.html", {"form": form}, status=422 if form.is_bound else 200)


def _values(known: CheckIn | None) -> dict[str, Any]:
    """Return what the form starts with; the form shows of it what it has fields for."""
    if known is None:
        return {}
    measured = {Sign(row.sign).lower(): row.value.normalize() for row in known.vital_signs.all()}
    return {"identity": known.identity, "complaints": known.complaints} | measured
