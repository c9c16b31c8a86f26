"""The record that a page is about."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from modules.crm.models import Patient
from tenancy.requests import Request


def visible_patient(request: Request, patient_id: UUID) -> Patient:
    """Return a patient whom whoever asks may see; to a stranger there is none."""
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("client"), pk=patient_id)
