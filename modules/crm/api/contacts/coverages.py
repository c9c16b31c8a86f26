"""Who insures a patient."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from httpapi.paging import Page, PageIn, page_of
from modules.crm.api.patients import visible_patient
from modules.crm.models import Coverage
from modules.crm.schemas.contacts.coverages import CoverageIn, CoverageOut, CoveragePatch
from modules.crm.services.contacts.coverages import add_coverage, change_coverage, remove_coverage
from tenancy.requests import Request

router = Router()
ONE = "/{uuid:patient_id}/coverages/{uuid:coverage_id}/"


@router.get("/{uuid:patient_id}/coverages/", response=Page[CoverageOut], summary="Who insures a patient")
@endpoint("crm.view_coverage")
def list_coverages(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Those in force, those that are over and those to come, in the order of their use."""
    patient = visible_patient(request, patient_id)
    rows = Coverage.objects.visible_to(request.user).filter(patient=patient).select_related("payer")
    audit.viewed(of=patient, by=request.user)
    return page_of(rows.order_by("rank", "-valid_until", "pk"), page, partial(CoverageOut.of, seen_by=request.user))


@router.post("/{uuid:patient_id}/coverages/", response={201: CoverageOut}, summary="Note an insurance")
@endpoint("crm.change_coverage")
def add(request: Request, patient_id: UUID, body: CoverageIn) -> Status[CoverageOut]:
    row = add_coverage(patient=visible_patient(request, patient_id), details=body.details(), by=request.user)
    return Status(201, CoverageOut.of(row, seen_by=request.user))


@router.get(ONE, response=CoverageOut, summary="One insurance")
@endpoint("crm.view_coverage")
def get_coverage(request: Request, patient_id: UUID, coverage_id: UUID, response: HttpResponse) -> CoverageOut:
    """The `ETag` is its version."""
    row = _row(request, patient_id, coverage_id)
    audit.viewed(of=row.patient, by=request.user)
    tag(response, row.version)
    return CoverageOut.of(row, seen_by=request.user)


@router.patch(ONE, response=CoverageOut, summary="Change or end an insurance")
@endpoint("crm.change_coverage")
def change(
    request: Request,
    patient_id: UUID,
    coverage_id: UUID,
    body: CoveragePatch,
    response: HttpResponse,
    if_match: IfMatch = "",
) -> CoverageOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409."""
    row = _row(request, patient_id, coverage_id)
    changed = change_coverage(coverage=row, details=body.details(row), seen=version_in(if_match), by=request.user)
    tag(response, changed.version)
    return CoverageOut.of(changed, seen_by=request.user)


@router.delete(ONE, response={204: None}, summary="Take back an insurance that was noted by mistake")
@endpoint("crm.change_coverage")
def remove(request: Request, patient_id: UUID, coverage_id: UUID) -> Status[None]:
    remove_coverage(coverage=_row(request, patient_id, coverage_id), by=request.user)
    return Status(204, None)


def _row(request: Request, patient_id: UUID, coverage_id: UUID) -> Coverage:
    visible_patient(request, patient_id)
    rows = Coverage.objects.visible_to(request.user).select_related("patient__client", "payer")
    return get_object_or_404(rows, pk=coverage_id, patient=patient_id)
