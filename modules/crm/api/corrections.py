"""Corrections that people ask for, and their answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from modules.crm.api.patients import visible_patient
from modules.crm.models import Correction, Patient
from modules.crm.schemas.corrections import CorrectionAnswerIn, CorrectionIn, CorrectionOut, CorrectionsOut
from modules.crm.services import corrections as services
from tenancy.requests import Request

router = Router()
OF_PATIENT = "/{uuid:patient_id}/corrections/"
MOST = 200


@router.get("/corrections/", response=CorrectionsOut, summary="The corrections that wait for an answer")
@endpoint("crm.answer_correction")
def list_waiting(request: Request) -> CorrectionsOut:
    """The earliest first, two hundred at most."""
    rows = list(Correction.objects.visible_to(request.user).waiting().order_by("asked_at", "pk")[:MOST])
    audit.listed(what=Patient, subjects=[each.patient_id for each in rows], by=request.user, how="listed_corrections")
    return CorrectionsOut(items=[CorrectionOut.of(row) for row in rows])


@router.get(OF_PATIENT, response=CorrectionsOut, summary="The corrections asked for about a patient")
@endpoint("crm.view_correction")
def list_corrections(request: Request, patient_id: UUID) -> CorrectionsOut:
    """The latest first."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_corrections")
    rows = Correction.objects.visible_to(request.user).filter(patient=patient).order_by("-asked_at", "-pk")
    return CorrectionsOut(items=[CorrectionOut.of(row) for row in rows])


@router.post(OF_PATIENT, response={201: CorrectionOut}, summary="Ask for a correction")
@endpoint("access.use_portal")
def ask_correction(request: Request, patient_id: UUID, body: CorrectionIn) -> Status[CorrectionOut]:
    """On the portal, by whom it is about, or who answers for them. The same field waits once."""
    patient = visible_patient(request, patient_id)
    made = services.ask_correction(patient=patient, wish=body.wish(), by=request.user, at=timezone.now())
    return Status(201, CorrectionOut.of(made))


@router.post(OF_PATIENT + "{uuid:correction_id}/answer/", response=CorrectionOut, summary="Answer a correction")
@endpoint("crm.answer_correction")
def answer_correction(
    request: Request, patient_id: UUID, correction_id: UUID, body: CorrectionAnswerIn
) -> CorrectionOut:
    """One that was answered meanwhile, or whose field says something else by now, answers 409."""
    rows = Correction.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    found = get_object_or_404(rows, pk=correction_id)
    deeds = {"beside": services.keep_beside, "refuse": services.refuse_correction}
    deed: Any = deeds.get(body.deed, services.accept_correction)
    return CorrectionOut.of(deed(correction=found, answer=body.answer, by=request.user, at=timezone.now()))
