"""The arrival of somebody: a calm form, of which every item can wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.checklist import BY_THEMSELVES, Item
from modules.scheduling.domain.states import MAY_CHANGE_HANDS
from modules.scheduling.domain.vitals import Measure, Sign, measures_of
from modules.scheduling.forms.arrivals import ArrivalForm, CheckInRulesForm
from modules.scheduling.models import ITEM_LABELS, Appointment, CheckIn, Practitioner
from modules.scheduling.pages.chosen import as_uuid, tell_in
from modules.scheduling.selectors import asked_for, free_colleagues, missing_at, rules_of_check_in
from modules.scheduling.services.practice.check_in_rules import set_check_in_rules
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("scheduling.run_visit")
def check_in(request: Request, appointment_id: UUID) -> HttpResponse:
    visible = Appointment.objects.visible_to(request.user).for_display()
    appointment = get_object_or_404(visible, pk=appointment_id)
    known = CheckIn.objects.filter(appointment=appointment).first()
    measures, episodes = _measures(request, appointment), crm.episodes_going_on(appointment.patient_id)
    if request.method != "POST":
        return _show(
            request, appointment, ArrivalForm(measures=measures, episodes=episodes, initial=_values(known)), known
        )
    form = ArrivalForm(request.POST, measures=measures, episodes=episodes)
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


@action("scheduling.change_appointment")
def practitioner(request: Request, appointment_id: UUID) -> HttpResponse:
    """Give the visit to somebody else who is free then, from the page of the arrival."""
    appointment = get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)
    try:
        to = services.Move(
            practitioner_id=as_uuid(request.POST.get("practitioner", ""), "practitioner_id"),
            version=version_in(request.POST),
            tell=tell_in(request.POST),
        )
        given = services.move_appointment(appointment=appointment, to=to, by=request.user, at=timezone.now())
    except DomainError as error:
        known = CheckIn.objects.filter(appointment=appointment).first()
        measures, episodes = _measures(request, appointment), crm.episodes_going_on(appointment.patient_id)
        form = ArrivalForm(measures=measures, episodes=episodes, initial=_values(known))
        return _show(request, appointment, form, known, problem=error, status=error.status)
    messages.success(request, _("%(who)s sees them now.") % {"who": given.practitioner.name})
    return redirect("scheduling:check_in", appointment_id=given.pk)


def version_in(values: Any) -> int | None:
    """Return which version of the visit was seen; None if the form does not say."""
    seen = values.get("version", "")
    return int(seen) if seen.isdecimal() else None


def _measures(request: Request, appointment: Appointment) -> Mapping[Sign, Measure]:
    """Return what whoever looks may measure."""
    if not request.user.has_perm("scheduling.note_findings", appointment):
        return {}
    return measures_of(is_animal=appointment.patient.is_animal)


def _colleagues(request: Request, appointment: Appointment) -> list[Practitioner]:
    """Return to whom the visit may be given. Practitioners give their own visits to nobody: the desk does."""
    may = reach_of(request.user, "scheduling.change_appointment") is Reach.ALL
    if not may or appointment.status not in MAY_CHANGE_HANDS or appointment.session_id is not None:
        return []
    return free_colleagues(appointment, at=timezone.now())


def _show(
    request: Request,
    appointment: Appointment,
    form: forms.Form,
    known: CheckIn | None,
    *,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    audit.viewed(of=appointment, by=request.user)
    context = {
        "appointment": appointment,
        "patient": appointment.patient,
        "form": form,
        "known": known,
        "missing": shown_missing(appointment, user=request.user),
        "colleagues": _colleagues(request, appointment),
        "problem": problem,
    }
    return render(request, "scheduling/check_in.html", context, status=status)


def shown_missing(appointment: Appointment, *, user: Any) -> dict[str, Any] | None:
    """Return what is missing of the check-in list, in words, and the texts to be signed; None if nothing is."""
    missing = missing_at([appointment], user=user).get(appointment.pk)
    if missing is None:
        return None
    others = [ITEM_LABELS[item] for item in missing.items if item not in (Item.CONSENT, Item.FORM)]
    return {
        "items": others,
        "unsigned": missing.unsigned,
        "unfilled": missing.unfilled,
        "lapsed": missing.lapsed,
        "may_take": user.has_perm("crm.take_consent"),
        "may_ask": user.has_perm("crm.ask_form", appointment.patient),
    }


@page("scheduling.manage")
def rules(request: Request) -> HttpResponse:
    """What is asked for when somebody arrives."""
    known = rules_of_check_in()
    initial = {"asked": sorted(asked_for(known) & BY_THEMSELVES), "forms": known.forms}
    form = CheckInRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        set_check_in_rules(asked=form.chosen(), forms=form.rule_of_forms(), by=request.user)
        messages.success(request, _("Saved."))
        return redirect("scheduling:check_in_rules")
    return render(request, "scheduling/check_in_rules.html", {"form": form}, status=422 if form.is_bound else 200)


def _values(known: CheckIn | None) -> dict[str, Any]:
    """Return what the form starts with; the form shows of it what it has fields for."""
    if known is None:
        return {}
    measured = {Sign(row.sign).lower(): row.value.normalize() for row in known.vital_signs.all()}
    return {"identity": known.identity, "complaints": known.complaints} | measured
