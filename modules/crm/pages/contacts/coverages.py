"""Who insures a patient, on the record's page: begin it, set it right, end it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.fields import may_change
from audit import recording as audit
from modules.crm.domain.contacts.validity import Standing
from modules.crm.domain.subjects import subject_of
from modules.crm.forms.contacts.coverages import CoverageForm
from modules.crm.models import Client, Coverage, Patient
from modules.crm.pages.involvements import chosen_client
from modules.crm.pages.seen import visible_patient
from modules.crm.selectors.contacts.coverages import Lapsed, lapsed_among
from modules.crm.services.contacts.coverages import add_coverage, change_coverage, remove_coverage
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@dataclass(frozen=True, slots=True)
class Insured:
    """The insurances of a patient: those of today and to come, those that are over, and whether there is none now."""

    now: list[tuple[Coverage, Standing]]
    over: list[tuple[Coverage, Standing]]
    lapsed: Lapsed | None
    may_change: bool


def insured(request: Request, patient: Patient) -> Insured | None:
    """Return it for the record's page; None to whom it is closed."""
    if not request.user.has_perm("crm.view_coverage", Coverage(patient=patient)):
        return None
    rows = list(Coverage.objects.filter(patient=patient).select_related("payer").order_by("rank", "-valid_until", "pk"))
    today = timezone.localdate()
    standing = [(row, row.standing(today)) for row in rows]
    return Insured(
        now=[each for each in standing if each[1] is not Standing.ENDED],
        over=[each for each in standing if each[1] is Standing.ENDED],
        lapsed=lapsed_among(rows, on=today),
        may_change=request.user.has_perm("crm.change_coverage"),
    )


@page("crm.change_coverage")
def add(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    form = _form(request)
    if not tried(form, lambda: add_coverage(patient=record, details=form.details(), by=request.user)):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, record, form)


@page("crm.change_coverage")
def change(request: Request, patient_id: UUID, coverage_id: UUID) -> HttpResponse:
    record, row = visible_patient(request, patient_id), _row(request, patient_id, coverage_id)
    form = _form(request, row)
    if not tried(
        form,
        lambda: change_coverage(
            coverage=row, details=form.details(), seen=form.cleaned_data["version"], by=request.user
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, record, form, row)


@action("crm.change_coverage")
def remove(request: Request, patient_id: UUID, coverage_id: UUID) -> HttpResponse:
    record, row = visible_patient(request, patient_id), _row(request, patient_id, coverage_id)
    remove_coverage(coverage=row, by=request.user)
    messages.success(request, _("%(insurer)s is taken back.") % {"insurer": row})
    return redirect("crm:patient", patient_id=record.pk)


def _form(request: Request, row: Coverage | None = None) -> CoverageForm:
    return CoverageForm(
        request.POST if request.method == "POST" else None,
        subject=subject_of(request.tenant.vertical),
        may_number=may_change(request.user, Coverage, "number"),
        coverage=row,
    )


def _shown(request: Request, record: Patient, form: CoverageForm, row: Coverage | None = None) -> HttpResponse:
    audit.viewed(of=record, by=request.user)
    chosen: Client | None = chosen_client(request) if request.method == "POST" else row.payer if row else None
    context = {"patient": record, "form": form, "coverage": row, "chosen": chosen}
    return render(request, "crm/contacts/coverage.html", context, status=422 if form.is_bound else 200)


def _row(request: Request, patient_id: UUID, coverage_id: UUID) -> Coverage:
    rows = Coverage.objects.visible_to(request.user).select_related("patient__client", "payer")
    return get_object_or_404(rows, pk=coverage_id, patient=patient_id)
