"""Measures of patients over time, and what a workspace measures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm.api.patients import visible_patient
from modules.crm.models import MeasureKind, Measurement
from modules.crm.schemas.measures import (
    CorrectionIn,
    ErrorIn,
    MeasureKindIn,
    MeasureKindOut,
    MeasurementIn,
    MeasurementOut,
)
from modules.crm.selectors.measures import measure_kinds
from modules.crm.services import measures
from tenancy.requests import Request

router = Router()
KINDS, OF_PATIENT = "/measure-kinds/", "/{uuid:patient_id}/measures/"
ONE = OF_PATIENT + "{uuid:measurement_id}/"


@router.get(KINDS, response=list[MeasureKindOut], summary="What is measured here")
@endpoint("crm.view_measure")
def list_kinds(request: Request) -> list[MeasureKindOut]:
    return [MeasureKindOut.of(kind) for kind in measure_kinds()]


@router.post(KINDS, response={201: MeasureKindOut}, summary="Offer something to measure")
@endpoint("crm.manage_measures")
def add_kind(request: Request, body: MeasureKindIn) -> Status[MeasureKindOut]:
    return Status(201, MeasureKindOut.of(measures.add_measure_kind(details=body.details(), by=request.user)))


@router.put(
    KINDS + "{uuid:measure_kind_id}/", response=MeasureKindOut, summary="Say anew what can be and what is usual"
)
@endpoint("crm.manage_measures")
def change_kind(request: Request, measure_kind_id: UUID, body: MeasureKindIn) -> MeasureKindOut:
    """Unit and decimals stay: a number means the same as long as it is there."""
    kind = get_object_or_404(MeasureKind, pk=measure_kind_id)
    return MeasureKindOut.of(measures.change_measure_kind(kind=kind, details=body.details(), by=request.user))


@router.delete(KINDS + "{uuid:measure_kind_id}/", response={204: None}, summary="Offer it no more")
@endpoint("crm.manage_measures")
def end_kind(request: Request, measure_kind_id: UUID) -> Status[None]:
    kind = get_object_or_404(MeasureKind, pk=measure_kind_id)
    measures.end_measure_kind(kind=kind, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get(OF_PATIENT, response=Page[MeasurementOut], summary="What was measured of a patient")
@endpoint("crm.view_measure")
def list_measurements(
    request: Request, patient_id: UUID, page: Query[PageIn], kind_id: UUID | None = None
) -> dict[str, Any]:
    """The latest first, of one kind or all; values that were a mistake say so."""
    patient = visible_patient(request, patient_id)
    rows = Measurement.objects.visible_to(request.user).filter(patient=patient).select_related("kind")
    if kind_id:
        rows = rows.filter(kind=kind_id)
    audit.viewed(of=patient, by=request.user, how="viewed_measures")
    return page_of(rows.order_by("-at", "-pk"), page, MeasurementOut.of)


@router.post(OF_PATIENT, response={201: MeasurementOut}, summary="Note a value")
@endpoint("crm.write_measure")
def note_measurement(request: Request, patient_id: UUID, body: MeasurementIn) -> Status[MeasurementOut]:
    """What cannot be is refused; what is not usual says so in `interpretation`."""
    patient, kind = visible_patient(request, patient_id), get_object_or_404(MeasureKind, pk=body.kind_id)
    row = measures.measure(patient=patient, kind=kind, measured=body.measured(), by=request.user, at=timezone.now())
    return Status(201, MeasurementOut.of(row))


@router.post(
    ONE + "correction/", response={201: MeasurementOut}, summary="Put a right value in the place of a wrong one"
)
@endpoint("crm.write_measure")
def correct(request: Request, patient_id: UUID, measurement_id: UUID, body: CorrectionIn) -> Status[MeasurementOut]:
    """The wrong one stays, marked as an error."""
    found = _measurement(request, patient_id, measurement_id)
    row = measures.correct_measurement(measurement=found, **body.dict(), by=request.user, at=timezone.now())
    return Status(201, MeasurementOut.of(row))


@router.post(ONE + "error/", response=MeasurementOut, summary="Mark a value as entered in error")
@endpoint("crm.write_measure")
def strike(request: Request, patient_id: UUID, measurement_id: UUID, body: ErrorIn) -> MeasurementOut:
    found = _measurement(request, patient_id, measurement_id)
    return MeasurementOut.of(measures.strike_measurement(measurement=found, reason=body.reason, by=request.user))


def _measurement(request: Request, patient_id: UUID, measurement_id: UUID) -> Measurement:
    rows = Measurement.objects.visible_to(request.user).filter(patient=patient_id)
    return get_object_or_404(rows.select_related("patient__client", "kind"), pk=measurement_id)
