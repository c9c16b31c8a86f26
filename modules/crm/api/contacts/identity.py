"""The papers that say who somebody is. Whoever may not see them reads nothing of them here."""

from __future__ import annotations

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
from modules.crm.models import IdentityDocument, Patient
from modules.crm.schemas.contacts.identity import IdentityIn, IdentityOut, IdentityPatch
from modules.crm.services.contacts.identity import (
    add_identity_document,
    change_identity_document,
    remove_identity_document,
)
from tenancy.requests import Request

router = Router()
ONE = "/{uuid:patient_id}/identity-documents/{uuid:identity_document_id}/"


@router.get("/{uuid:patient_id}/identity-documents/", response=Page[IdentityOut], summary="Somebody's identity papers")
@endpoint("crm.view_identity")
def list_identity_documents(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Those of the patient and of whoever is written to about them; the ones that are good longest first."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_identity")
    return page_of(_rows(request, patient).order_by("-valid_until", "pk"), page, IdentityOut.of)


@router.post("/{uuid:patient_id}/identity-documents/", response={201: IdentityOut}, summary="Keep an identity document")
@endpoint("crm.change_identity")
def add(request: Request, patient_id: UUID, body: IdentityIn) -> Status[IdentityOut]:
    row = add_identity_document(
        patient=visible_patient(request, patient_id),
        of_client=body.of_client,
        details=body.details(),
        by=request.user,
    )
    return Status(201, IdentityOut.of(row))


@router.get(ONE, response=IdentityOut, summary="One identity document")
@endpoint("crm.view_identity")
def get_identity_document(
    request: Request, patient_id: UUID, identity_document_id: UUID, response: HttpResponse
) -> IdentityOut:
    """The `ETag` is its version."""
    patient = visible_patient(request, patient_id)
    row = _row(request, patient, identity_document_id)
    audit.viewed(of=patient, by=request.user, how="viewed_identity")
    tag(response, row.version)
    return IdentityOut.of(row)


@router.patch(ONE, response=IdentityOut, summary="Change an identity document")
@endpoint("crm.change_identity")
def change(
    request: Request,
    patient_id: UUID,
    identity_document_id: UUID,
    body: IdentityPatch,
    response: HttpResponse,
    if_match: IfMatch = "",
) -> IdentityOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409."""
    patient = visible_patient(request, patient_id)
    row = _row(request, patient, identity_document_id)
    changed = change_identity_document(
        document=row, patient=patient, details=body.details(row), seen=version_in(if_match), by=request.user
    )
    tag(response, changed.version)
    return IdentityOut.of(changed)


@router.delete(ONE, response={204: None}, summary="Keep an identity document no longer")
@endpoint("crm.change_identity")
def remove(request: Request, patient_id: UUID, identity_document_id: UUID) -> Status[None]:
    patient = visible_patient(request, patient_id)
    remove_identity_document(document=_row(request, patient, identity_document_id), patient=patient, by=request.user)
    return Status(204, None)


def _rows(request: Request, patient: Patient) -> Any:
    rows = IdentityDocument.objects.of_people_seen_by(request.user).of_record(patient)
    return rows.select_related("patient", "client")


def _row(request: Request, patient: Patient, identity_document_id: UUID) -> IdentityDocument:
    row: IdentityDocument = get_object_or_404(_rows(request, patient), pk=identity_document_id)
    return row
