"""Sheets of exercises on the record: composed, followed, changed, printed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.serving import SAFE_HEADERS
from kernel.ids import is_id
from modules.crm import selectors
from modules.crm.documents.exercises import sheet_pdf
from modules.crm.forms.exercises import SheetForm
from modules.crm.models import ExerciseSheet, Patient, TreatmentPlan
from modules.crm.pages.seen import visible_patient
from modules.crm.services import exercises as services
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.view_plan")
def sheet(request: Request, patient_id: UUID, sheet_id: UUID) -> HttpResponse:
    """What is on it, how far it is kept to, and what it said before."""
    found, today = seen_sheet(request, patient_id, sheet_id), timezone.localdate()
    context = {
        "sheet": found,
        "patient": found.patient,
        "followed": selectors.followed(found, on=today),
        "is_in_force": found.is_in_force(today),
        "may_write": request.user.has_perm("crm.write_plan", found.patient),
    }
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/exercises/sheet.html", context)


def seen_sheet(request: Request, patient_id: UUID, sheet_id: UUID) -> ExerciseSheet:
    rows = ExerciseSheet.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=sheet_id)


@page("crm.write_plan")
def compose(request: Request, patient_id: UUID) -> HttpResponse:
    patient = visible_patient(request, patient_id)
    services.check_prescriber(patient, by=request.user)
    plan = request.GET.get("plan", "")
    begins = {"since": timezone.localdate(), "shared": True, "plan_id": plan if is_id(plan) else ""}
    form = _form(request, patient, initial=begins)
    made: list[ExerciseSheet] = []
    status = tried(
        form,
        lambda: made.append(
            services.compose_sheet(patient=patient, details=form.details(), by=request.user, at=timezone.now())
        ),
    )
    audit.viewed(of=patient, by=request.user)
    if status:
        return render(request, "crm/exercises/compose.html", {"form": form, "patient": patient}, status=status)
    messages.success(request, _("Saved."))
    return redirect("crm:exercise_sheet", patient_id=patient.pk, sheet_id=made[0].pk)


@page("crm.write_plan")
def change(request: Request, patient_id: UUID, sheet_id: UUID) -> HttpResponse:
    found = seen_sheet(request, patient_id, sheet_id)
    services.check_prescriber(found.patient, by=request.user)
    form, seen = _form(request, found.patient, sheet=found), request.POST.get("version", "")
    status = tried(
        form,
        lambda: services.change_sheet(
            sheet=found,
            details=form.details(),
            seen=int(seen) if seen.isdecimal() else 0,
            by=request.user,
            at=timezone.now(),
        ),
    )
    audit.viewed(of=found, by=request.user)
    if status:
        context = {"form": form, "patient": found.patient, "sheet": found}
        return render(request, "crm/exercises/compose.html", context, status=status)
    messages.success(request, _("Saved."))
    return redirect("crm:exercise_sheet", patient_id=patient_id, sheet_id=sheet_id)


@action("crm.write_plan")
def end(request: Request, patient_id: UUID, sheet_id: UUID) -> HttpResponse:
    found = seen_sheet(request, patient_id, sheet_id)
    services.end_sheet(sheet=found, by=request.user, at=timezone.now())
    messages.success(request, _("Ended. It stays to be read."))
    return redirect("crm:exercise_sheet", patient_id=patient_id, sheet_id=sheet_id)


@page("crm.view_plan")
def print_out(request: Request, patient_id: UUID, sheet_id: UUID) -> HttpResponse:
    return to_paper(request, seen_sheet(request, patient_id, sheet_id))


def to_paper(request: Request, found: ExerciseSheet) -> HttpResponse:
    audit.viewed(of=found, by=request.user, how="printed")
    answer = HttpResponse(sheet_pdf(found), content_type="application/pdf", headers=SAFE_HEADERS)
    answer["Content-Disposition"] = 'inline; filename="exercises.pdf"'
    return answer


def sheets_panel(request: Request, patient: Patient) -> dict[str, Any]:
    """Return what the record's page shows of exercises; None to whoever may see none."""
    if not request.user.has_perm("crm.view_plan", ExerciseSheet(patient=patient)):
        return {"sheets": None}
    return {"sheets": selectors.sheets_of(patient, seen_by=request.user), "today": timezone.localdate()}


def _form(request: Request, patient: Patient, **more: Any) -> SheetForm:
    plans = TreatmentPlan.objects.visible_to(request.user).filter(patient=patient).order_by("-created_at")
    return SheetForm(request.POST or None, library=selectors.library(), plans=list(plans), **more)
