"""What is measured: curves on the record, all values on a page of their own, and the kinds in the settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm.forms.measures import CorrectionForm, MeasureForm, MeasureKindForm
from modules.crm.models import MeasureKind, Measurement, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.selectors.measures import measure_kinds, series_of
from modules.crm.services import measures as services
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.view_measure")
def measures(request: Request, patient_id: UUID) -> HttpResponse:
    """All values of a patient, kind by kind; whoever has them in their care notes one more."""
    patient = visible_patient(request, patient_id)
    form = MeasureForm(request.POST or None, kinds=measure_kinds())
    status = tried(form, lambda: _measure(request, patient, form))
    if not status:
        messages.success(request, _("Noted."))
        return redirect("crm:measures", patient_id=patient.pk)
    audit.viewed(of=patient, by=request.user, how="viewed_measures")
    context = {
        "patient": patient,
        "form": form,
        "series": series_of(patient, seen_by=request.user, with_errors=True),
        "may_write": request.user.has_perm("crm.write_measure", patient),
    }
    return render(request, "crm/measures/measures.html", context, status=status)


@page("crm.write_measure")
def correct(request: Request, patient_id: UUID, measurement_id: UUID) -> HttpResponse:
    """Put a right value in the place of a wrong one, or say that there is none."""
    rows = Measurement.objects.visible_to(request.user).filter(patient=patient_id)
    found = get_object_or_404(rows.select_related("patient__client", "kind"), pk=measurement_id)
    form = CorrectionForm(request.POST or None)
    status = tried(form, lambda: _correct(request, found, form))
    if not status:
        messages.success(request, _("Set right."))
        return redirect("crm:measures", patient_id=patient_id)
    audit.viewed(of=found.patient, by=request.user, how="viewed_measures")
    context = {"patient": found.patient, "measurement": found, "form": form}
    return render(request, "crm/measures/correct.html", context, status=status)


@page("crm.manage_measures")
def kinds(request: Request) -> HttpResponse:
    form = MeasureKindForm(request.POST or None)
    status = tried(form, lambda: services.add_measure_kind(details=form.details(), by=request.user))
    if not status:
        messages.success(request, _("Added."))
        return redirect("crm:measure_kinds")
    return render(request, "crm/measures/kinds.html", {"form": form, "kinds": measure_kinds()}, status=status)


@page("crm.manage_measures")
def kind(request: Request, measure_kind_id: UUID) -> HttpResponse:
    found = get_object_or_404(MeasureKind, pk=measure_kind_id)
    form = MeasureKindForm(request.POST or None, kind=found)
    status = tried(form, lambda: services.change_measure_kind(kind=found, details=form.details(), by=request.user))
    if not status:
        messages.success(request, _("Saved."))
        return redirect("crm:measure_kinds")
    return render(request, "crm/measures/kind.html", {"form": form, "kind": found}, status=status)


@action("crm.manage_measures")
def end_kind(request: Request, measure_kind_id: UUID) -> HttpResponse:
    found = get_object_or_404(MeasureKind, pk=measure_kind_id)
    services.end_measure_kind(kind=found, by=request.user, at=timezone.now())
    messages.success(request, _("Not offered any more. What was measured stays."))
    return redirect("crm:measure_kinds")


def measures_panel(request: Request, patient: Patient) -> dict[str, Any] | None:
    """Return what the record's page shows of measures; None to whoever may see none."""
    if not request.user.has_perm("crm.view_measure", Measurement(patient=patient)):
        return None
    may_write = request.user.has_perm("crm.write_measure", patient)
    return {"series": series_of(patient, seen_by=request.user), "may_write": may_write}


def _measure(request: Request, patient: Patient, form: MeasureForm) -> None:
    chosen = get_object_or_404(MeasureKind, pk=form.cleaned_data["kind_id"])
    services.measure(patient=patient, kind=chosen, measured=form.measured(), by=request.user, at=timezone.now())


def _correct(request: Request, found: Measurement, form: CorrectionForm) -> None:
    said = form.cleaned_data
    if said["value"]:
        services.correct_measurement(measurement=found, **said, by=request.user, at=timezone.now())
    else:
        services.strike_measurement(measurement=found, reason=said["reason"], by=request.user)
