"""The record that a page is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone

from modules.crm import public
from modules.crm.models import Patient
from modules.crm.models.people import PatientQuerySet
from modules.crm.selectors.flags import flags_of
from tenancy.requests import Request


def shown_patients(request: Request, rows: PatientQuerySet) -> list[Patient]:
    """Return those of `rows` whom the portal shows just now: all, or the one that was chosen."""
    if chosen := public.chosen_profile(request):
        rows = rows.filter(pk=chosen)
    return list(rows.active().select_related("client").order_by("first_name", "pk"))


def patient_to_sign_for(request: Request, patient_id: UUID) -> Patient:
    """Return a patient whose agreements whoever asks may see; to a stranger there is none."""
    return get_object_or_404(Patient.objects.agreeing_by(request.user).select_related("client"), pk=patient_id)


def visible_patient(request: Request, patient_id: UUID) -> Patient:
    """Return a patient whom whoever asks may see; to a stranger there is none."""
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("client"), pk=patient_id)


def flagged(request: Request, patients: Iterable[Patient]) -> dict[str, Any]:
    """Return for a template what there is to know about these patients: `{% flags flagged patient.pk %}`."""
    ids = [patient.pk for patient in patients]
    return {"flagged": flags_of(ids, seen_by=request.user, at=timezone.now()) if ids else {}}
