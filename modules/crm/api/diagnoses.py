"""What was found: the diagnoses of a patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from httpapi.paging import Page, PageIn, page_of
from modules.crm.api.patients import visible_patient
from modules.crm.models import Diagnosis, EpisodeOfCare
from modules.crm.schemas.diagnoses import DiagnosisIn, DiagnosisOut, DiagnosisPatch
from modules.crm.services.diagnoses import change_diagnosis as change
from modules.crm.services.diagnoses import record_diagnosis as record
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/diagnoses/", response=Page[DiagnosisOut], summary="The diagnoses of a patient")
@endpoint("crm.view_episode")
def list_diagnoses(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Of all episodes, the latest first; those that were refuted or a mistake, too."""
    patient = visible_patient(request, patient_id)
    rows = Diagnosis.objects.visible_to(request.user).filter(patient=patient).order_by("-recorded_at", "-pk")
    audit.viewed(of=patient, by=request.user, how="viewed_episodes")
    return page_of(rows, page, DiagnosisOut.of)


@router.post("/{uuid:patient_id}/diagnoses/", response={201: DiagnosisOut}, summary="Record a diagnosis")
@endpoint("crm.manage_episode")
def record_diagnosis(request: Request, patient_id: UUID, body: DiagnosisIn) -> Status[DiagnosisOut]:
    """In an episode of care: by a code of a list in use, or in words if none fits."""
    patient = visible_patient(request, patient_id)
    rows = EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient).select_related("patient__client")
    recorded = record(
        episode=get_object_or_404(rows, pk=body.episode_id),
        code_id=body.code_id,
        text=body.text,
        state=body.state(),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, DiagnosisOut.of(recorded))


@router.get("/{uuid:patient_id}/diagnoses/{uuid:diagnosis_id}/", response=DiagnosisOut, summary="One diagnosis")
@endpoint("crm.view_episode")
def read_diagnosis(request: Request, patient_id: UUID, diagnosis_id: UUID, response: HttpResponse) -> DiagnosisOut:
    found = _diagnosis(request, patient_id, diagnosis_id)
    audit.viewed(of=found, by=request.user)
    tag(response, found.version)
    return DiagnosisOut.of(found)


@router.patch(
    "/{uuid:patient_id}/diagnoses/{uuid:diagnosis_id}/", response=DiagnosisOut, summary="Confirm, refute or end one"
)
@endpoint("crm.manage_episode")
def change_diagnosis(
    request: Request,
    patient_id: UUID,
    diagnosis_id: UUID,
    body: DiagnosisPatch,
    response: HttpResponse,
    if_match: IfMatch = "",
) -> DiagnosisOut:
    """What it says stays: another diagnosis is another one. With `If-Match`, a change meanwhile answers 409."""
    found, seen = _diagnosis(request, patient_id, diagnosis_id), version_in(if_match)
    changed = change(diagnosis=found, state=body.state(found), seen=seen, by=request.user, at=timezone.now())
    tag(response, changed.version)
    return DiagnosisOut.of(changed)


def _diagnosis(request: Request, patient_id: UUID, diagnosis_id: UUID) -> Diagnosis:
    rows = Diagnosis.objects.visible_to(request.user).filter(patient=patient_id)
    return get_object_or_404(rows.select_related("patient__client", "episode"), pk=diagnosis_id)
