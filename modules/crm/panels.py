"""What is kept about people, on other modules' pages, and whom a search finds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from audit import recording as audit
from kernel.modules import Found
from modules.crm import public, selectors
from modules.crm.domain.flags import ShownFlag
from modules.crm.models import Correction, Patient
from modules.crm.selectors.flags import flags_of
from tenancy.requests import Request

FOUND = 6


def visit_documents(request: Request, visit: Any) -> str:
    """The documents that belong to a visit, and a way to add one. `visit` has an id and a `patient_id`."""
    patient = Patient.objects.visible_to(request.user).select_related("client").filter(pk=visit.patient_id).first()
    if patient is None:
        return ""
    context = {
        "patient": patient,
        "documents": selectors.documents_of_visit(visit.pk, patient_id=patient.pk, seen_by=request.user),
        "may_add": request.user.has_perm("crm.add_document", patient),
        "visit_id": visit.pk,
    }
    return render_to_string("crm/panel_documents.html", context, request)


def profile_chooser(request: Request, subject: Any) -> str:
    """All or one of those they answer for, above the portal's lists; nothing for whoever answers for one."""
    if len(public.profiles_on_page(request)) < 2:
        return ""
    profiles = selectors.profiles_of(request.user.pk)
    audit.listed(what=Patient, subjects=[each.patient.pk for each in profiles], by=request.user)
    context = {"profiles": profiles, "chosen": public.chosen_profile(request)}
    return render_to_string("crm/profile_chooser.html", context, request)


def flags_of_patient(request: Request, patient_id: Any) -> str:
    """What there is to know about whom a page is about."""
    flags = flags_of([patient_id], seen_by=request.user, at=timezone.now())
    return render_to_string("crm/flags/line.html", {"flagged": flags, "patient_id": patient_id}) if flags else ""


def corrections_waiting(request: Request, board: Any) -> str:
    """How many people wait for an answer to what they asked to have put right."""
    waiting = Correction.objects.visible_to(request.user).waiting().count()
    return render_to_string("crm/corrections/stat.html", {"waiting": waiting}, request)


def find_people(text: str, *, people: Collection[UUID], by: Any, at: datetime) -> list[Found]:
    """Return the likeliest of those whom somebody may see, by whatever is known of them."""
    found = list(Patient.objects.visible_to(by).select_related("client").paged_by(text, seen_by=by)[:FOUND])
    audit.listed(what=Patient, subjects=[patient.pk for patient in found], by=by)
    flagged = flags_of([patient.pk for patient in found], seen_by=by, at=at)
    return [_shown(patient, flagged.get(patient.pk, ())) for patient in found]


def _shown(patient: Patient, flags: Sequence[ShownFlag]) -> Found:
    born = date_format(patient.birth_date, "j M Y") if patient.birth_date else ""
    whose = f"{patient.species}, {patient.client.name}" if patient.is_animal else ""
    summary = " · ".join(part for part in (whose, born, patient.client.phone_shown) if part)
    address = reverse("crm:patient", args=[patient.pk])
    return Found(
        patient.name, summary, address, "users", person=patient.pk, flags=flags, has_ended=not patient.is_active
    )
