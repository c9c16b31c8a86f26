"""Diagnoses on the episode's page and on the record's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm.forms.diagnoses import DiagnosisForm, StateForm
from modules.crm.models import Code, Diagnosis, DiagnosisRole, EpisodeOfCare, Patient, Verification
from modules.crm.selectors.codes import code_systems
from modules.crm.selectors.diagnoses import diagnoses_of, former_diagnoses
from modules.crm.services import diagnoses
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried


@page("crm.manage_episode")
def record(request: Request, patient_id: UUID, episode_id: UUID) -> HttpResponse:
    """Record a diagnosis of an episode of care."""
    rows = EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient_id).select_related("patient__client")
    episode = get_object_or_404(rows, pk=episode_id)
    diagnoses.check_diagnostician(episode, by=request.user)
    start = {"role": DiagnosisRole.WORKING, "verification": Verification.PROVISIONAL}
    form = DiagnosisForm(request.POST or None, initial=start)
    status = tried(form, lambda: _record(request, episode, form))
    if not status:
        messages.success(request, _("Recorded."))
        return redirect("crm:episode", patient_id=patient_id, episode_id=episode_id)
    audit.viewed(of=episode, by=request.user)
    context = {"form": form, "episode": episode, "patient": episode.patient}
    return render(
        request, "crm/diagnoses/record.html", context | _chosen(form) | {"systems": code_systems()}, status=status
    )


@page("crm.view_episode")
def diagnosis(request: Request, patient_id: UUID, diagnosis_id: UUID) -> HttpResponse:
    """What was found, and what was held of it before; whoever has the patient in their care says what holds now."""
    rows = Diagnosis.objects.visible_to(request.user).filter(patient=patient_id)
    found = get_object_or_404(rows.select_related("patient__client", "episode"), pk=diagnosis_id)
    start = {name: getattr(found, name) for name in (*diagnoses.CHANGED, "version")}
    form = StateForm(request.POST or None, initial=start)
    status = tried(form, lambda: _change(request, found, form))
    if not status:
        messages.success(request, _("Saved."))
        return redirect("crm:diagnosis", patient_id=patient_id, diagnosis_id=diagnosis_id)
    audit.viewed(of=found, by=request.user)
    context = {
        "diagnosis": found,
        "patient": found.patient,
        "form": form,
        "former": former_diagnoses(found),
        "may_write": request.user.has_perm("crm.manage_episode", found),
    }
    return render(request, "crm/diagnoses/diagnosis.html", context, status=status)


def diagnoses_panel(request: Request, patient: Patient) -> list[Diagnosis] | None:
    """Return what the record's page shows as found; None to whoever may see none."""
    if not request.user.has_perm("crm.view_episode", EpisodeOfCare(patient=patient)):
        return None
    return diagnoses_of(patient, seen_by=request.user)


def _record(request: Request, episode: EpisodeOfCare, form: DiagnosisForm) -> None:
    said = form.cleaned_data
    diagnoses.record_diagnosis(
        episode=episode,
        code_id=said["code_id"],
        text=said["text"],
        state=form.state(),
        by=request.user,
        at=timezone.now(),
    )


def _change(request: Request, found: Diagnosis, form: StateForm) -> None:
    seen = form.cleaned_data["version"] or 0
    diagnoses.change_diagnosis(diagnosis=found, state=form.state(), seen=seen, by=request.user, at=timezone.now())


def _chosen(form: DiagnosisForm) -> dict[str, Any]:
    """Return the code that was chosen when something else was not accepted, so that it stays chosen."""
    wanted = form.cleaned_data.get("code_id") if form.is_bound else None
    code = Code.objects.filter(pk=wanted).first() if wanted else None
    return {"chosen": code, "chosen_display": code.display_in(get_language() or "") if code else ""}
