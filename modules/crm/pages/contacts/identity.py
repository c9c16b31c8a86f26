"""The papers that say who somebody is, on the record's page: keep one, set it right, keep it no longer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm.domain.contacts.countries import country_name
from modules.crm.domain.contacts.validity import Standing
from modules.crm.forms.contacts.identity import IdentityForm
from modules.crm.models import IdentityDocument, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.services.contacts.identity import (
    add_identity_document,
    change_identity_document,
    remove_identity_document,
)
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """A paper, the country by its name, and how it stands today."""

    row: IdentityDocument
    country: str
    standing: Standing
    whose: str  # empty: the patient's own


def papers_of(request: Request, patient: Patient) -> list[ShownPaper] | None:
    """Return them for the record's page; None to whom they are closed."""
    if not request.user.has_perm("crm.view_identity"):
        return None
    rows = IdentityDocument.objects.of_people_seen_by(request.user).of_record(patient).order_by("-valid_until", "pk")
    language, today = get_language() or "en", timezone.localdate()
    return [
        ShownPaper(
            row,
            country_name(row.country, language=language),
            row.standing(today),
            patient.client.name if row.client_id and patient.client.name != patient.name else "",
        )
        for row in rows
    ]


@page("crm.change_identity")
def add(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    form = IdentityForm(request.POST if request.method == "POST" else None, patient=record)
    if not tried(
        form,
        lambda: add_identity_document(
            patient=record,
            of_client=form.cleaned_data.get("of_client", record.is_animal),
            details=form.details(),
            by=request.user,
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, record, form)


@page("crm.change_identity")
def change(request: Request, patient_id: UUID, identity_document_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    row = _row(request, record, identity_document_id)
    form = IdentityForm(request.POST if request.method == "POST" else None, patient=record, document=row)
    if not tried(
        form,
        lambda: change_identity_document(
            document=row, patient=record, details=form.details(), seen=form.cleaned_data["version"], by=request.user
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, record, form, row)


@action("crm.change_identity")
def remove(request: Request, patient_id: UUID, identity_document_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    row = _row(request, record, identity_document_id)
    remove_identity_document(document=row, patient=record, by=request.user)
    messages.success(request, _("%(kind)s is no longer kept.") % {"kind": row})
    return redirect("crm:patient", patient_id=record.pk)


def _shown(request: Request, record: Patient, form: IdentityForm, row: IdentityDocument | None = None) -> HttpResponse:
    audit.viewed(of=record, by=request.user, how="viewed_identity")
    context = {"patient": record, "form": form, "paper": row}
    return render(request, "crm/contacts/identity.html", context, status=422 if form.is_bound else 200)


def _row(request: Request, record: Patient, identity_document_id: UUID) -> IdentityDocument:
    rows = (
        IdentityDocument.objects.of_people_seen_by(request.user).of_record(record).select_related("patient", "client")
    )
    return get_object_or_404(rows, pk=identity_document_id)
