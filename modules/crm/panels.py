"""What is kept about people, on other modules' pages."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from modules.crm import selectors
from modules.crm.models import Patient
from tenancy.requests import Request


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
