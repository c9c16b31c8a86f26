"""What animals weigh, deaths, and records that are closed for booking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import services
from modules.crm.api.patients import patient_out, visible_patient
from modules.crm.models import Weight
from modules.crm.schemas.lives import DeathIn, WeightIn, WeightOut
from modules.crm.schemas.people import PatientOut
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/weights/", response=Page[WeightOut], summary="The weights of an animal")
@endpoint("crm.view_patient")
def list_weights(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user)
    return page_of(patient.weights.order_by("-measured_at", "-pk"), page, WeightOut.of)


@router.post("/{uuid:patient_id}/weights/", response={201: WeightOut}, summary="Note what an animal weighs")
@endpoint("crm.change_patient")
def weigh(request: Request, patient_id: UUID, body: WeightIn) -> Status[WeightOut]:
    patient, weight = visible_patient(request, patient_id), f"{body.grams} g"
    noted = services.weigh(
        patient=patient, weight=weight, measured_at=body.measured_at, by=request.user, at=timezone.now()
    )
    return Status(201, WeightOut.of(noted))


@router.delete("/{uuid:patient_id}/weights/{uuid:weight_id}/", response={204: None}, summary="Strike a weight")
@endpoint("crm.change_patient")
def strike_weight(request: Request, patient_id: UUID, weight_id: UUID) -> Status[None]:
    patient = visible_patient(request, patient_id)
    weight = get_object_or_404(Weight.objects.select_related("patient__client"), pk=weight_id, patient=patient)
    services.strike_weight(weight=weight, by=request.user)
    return Status(204, None)


@router.put("/{uuid:patient_id}/ending/", response=PatientOut, summary="Close a record for booking")
@endpoint("crm.change_patient")
def end_patient(request: Request, patient_id: UUID) -> PatientOut:
    """Everything in it stays. 409 while there are visits to come, or a place on the waiting list."""
    patient = visible_patient(request, patient_id)
    return patient_out(request, services.end_patient(patient=patient, by=request.user, at=timezone.now()))


@router.delete("/{uuid:patient_id}/ending/", response=PatientOut, summary="Open a record for booking again")
@endpoint("crm.change_patient")
def take_up_again(request: Request, patient_id: UUID) -> PatientOut:
    patient = visible_patient(request, patient_id)
    return patient_out(request, services.take_up_again(patient=patient, by=request.user))


@router.put("/{uuid:patient_id}/death/", response=PatientOut, summary="Note a death, or set its day right")
@endpoint("crm.change_patient")
def note_death(request: Request, patient_id: UUID, body: DeathIn) -> PatientOut:
    """Visits to come are called off without a message, and nobody is reminded."""
    patient = visible_patient(request, patient_id)
    died = services.note_death(patient=patient, died_on=body.died_on, by=request.user, at=timezone.now())
    return patient_out(request, died)


@router.delete("/{uuid:patient_id}/death/", response=PatientOut, summary="Take a death back")
@endpoint("crm.change_patient")
def take_death_back(request: Request, patient_id: UUID) -> PatientOut:
    """They can be booked again. Visits that were called off stay so."""
    patient = visible_patient(request, patient_id)
    return patient_out(request, services.take_death_back(patient=patient, by=request.user))
