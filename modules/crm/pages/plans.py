"""Treatment plans on the record: read, written, followed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors
from modules.crm.domain.plans import PlanState
from modules.crm.forms.plans import PlanForm, ProgressForm
from modules.crm.models import EpisodeOfCare, Goal, Patient, TreatmentPlan
from modules.crm.pages.seen import visible_patient
from modules.crm.services import plans
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("crm.view_plan")
def plan(request: Request, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """What is aimed at, how far it is, what was agreed to, and what it said before."""
    found = seen_plan(request, patient_id, plan_id)
    return _show(request, found, None, None)


def seen_plan(request: Request, patient_id: UUID, plan_id: UUID) -> TreatmentPlan:
    rows = TreatmentPlan.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=plan_id)


def _show(request: Request, found: TreatmentPlan, at_goal: Goal | None, form: ProgressForm | None) -> HttpResponse:
    """Show it; with the form of the goal that was not accepted, if one was not."""
    goals = [
        (goal, form if at_goal and goal.pk == at_goal.pk else ProgressForm(initial={"state": goal.state}, prefix=None))
        for goal in found.goals.all()
    ]
    context = {
        "plan": found,
        "patient": found.patient,
        "goals": goals,
        "former": selectors.versions_of_plan(found),
        "may_write": request.user.has_perm("crm.write_plan", found.patient),
        "sheets": [
            each for each in selectors.sheets_of(found.patient, seen_by=request.user) if each.plan_id == found.pk
        ],
        "today": timezone.localdate(),
        "states": [each.value for each in PlanState],
    }
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/plans/plan.html", context, status=422 if form else 200)


@page("crm.write_plan")
def write(request: Request, patient_id: UUID) -> HttpResponse:
    patient = visible_patient(request, patient_id)
    plans.check_planner(patient, by=request.user)
    today = timezone.localdate()
    form = PlanForm(request.POST or None, episodes=_episodes(request, patient), initial={"starts_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            written = plans.write_plan(patient=patient, details=form.details(), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:plan", patient_id=patient.pk, plan_id=written.pk)
    audit.viewed(of=patient, by=request.user)
    context = {"form": form, "patient": patient}
    return render(request, "crm/plans/edit.html", context, status=422 if form.is_bound else 200)


@page("crm.write_plan")
def change(request: Request, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    found = seen_plan(request, patient_id, plan_id)
    plans.check_planner(found.patient, by=request.user)
    form = PlanForm(request.POST or None, plan=found, episodes=_episodes(request, found.patient))
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("version", "")
        try:
            plans.change_plan(
                plan=found,
                details=form.details(),
                seen=int(seen) if seen.isdecimal() else 0,
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:plan", patient_id=patient_id, plan_id=plan_id)
    audit.viewed(of=found, by=request.user)
    context = {"form": form, "patient": found.patient, "plan": found}
    return render(request, "crm/plans/edit.html", context, status=status)


@action("crm.write_plan")
def state(request: Request, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    found = seen_plan(request, patient_id, plan_id)
    plans.set_plan_state(plan=found, state=request.POST.get("state", ""), by=request.user, at=timezone.now())
    messages.success(request, _("Saved."))
    return redirect("crm:plan", patient_id=patient_id, plan_id=plan_id)


@action("crm.write_plan")
def progress(request: Request, patient_id: UUID, plan_id: UUID, goal_id: UUID) -> HttpResponse:
    found = seen_plan(request, patient_id, plan_id)
    goal = get_object_or_404(Goal.objects.select_related("plan__patient__client"), pk=goal_id, plan=found)
    form = ProgressForm(request.POST)
    if form.is_valid():
        try:
            plans.note_progress(goal=goal, **form.cleaned_data, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Noted."))
            return redirect("crm:plan", patient_id=patient_id, plan_id=plan_id)
    return _show(request, found, goal, form)


def plans_panel(request: Request, patient: Patient) -> dict[str, Any]:
    """Return what the record's page shows of plans; None to whoever may see none."""
    if not request.user.has_perm("crm.view_plan", TreatmentPlan(patient=patient)):
        return {"plans": None}
    may_write = request.user.has_perm("crm.write_plan", patient)
    return {"plans": selectors.plans_of(patient, seen_by=request.user), "may_write_plan": may_write}


def _episodes(request: Request, patient: Patient) -> list[EpisodeOfCare]:
    return list(EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient).order_by("-opened_at"))
