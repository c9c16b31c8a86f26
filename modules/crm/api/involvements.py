"""Who answers for a patient: owners, payers, guardians, whom to ring in an emergency."""

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
from modules.crm import services
from modules.crm.api.patients import visible_patient
from modules.crm.models import Involvement
from modules.crm.schemas.involvements import HandOverIn, InvolvementIn, InvolvementOut, InvolvementPatch
from modules.crm.schemas.people import ContactIn
from modules.crm.services import ContactDetails
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/involvements/", response=Page[InvolvementOut], summary="Who answers for a patient")
@endpoint("crm.view_involvement")
def list_involvements(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Those in force, those that are over and those to come; the latest first."""
    patient = visible_patient(request, patient_id)
    rows = Involvement.objects.visible_to(request.user).filter(patient=patient).select_related("client")
    audit.viewed(of=patient, by=request.user)
    return page_of(rows.order_by("-since", "-pk"), page, InvolvementOut.of)


@router.post("/{uuid:patient_id}/involvements/", response={201: InvolvementOut}, summary="Give somebody a role")
@endpoint("crm.change_patient")
def involve(request: Request, patient_id: UUID, body: InvolvementIn) -> Status[InvolvementOut]:
    row = services.involve(
        patient=visible_patient(request, patient_id),
        client_id=body.client_id,
        contact=_contact(body.client),
        part=body.part(),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, InvolvementOut.of(row))


@router.get(
    "/{uuid:patient_id}/involvements/{uuid:involvement_id}/", response=InvolvementOut, summary="One role of somebody"
)
@endpoint("crm.view_involvement")
def get_involvement(request: Request, patient_id: UUID, involvement_id: UUID, response: HttpResponse) -> InvolvementOut:
    """The `ETag` is its version."""
    row = _visible(request, patient_id, involvement_id)
    audit.viewed(of=row.patient, by=request.user)
    tag(response, row.version)
    return InvolvementOut.of(row)


@router.patch(
    "/{uuid:patient_id}/involvements/{uuid:involvement_id}/",
    response=InvolvementOut,
    summary="Change or end a role",
)
@endpoint("crm.change_patient")
def change_involvement(
    request: Request,
    patient_id: UUID,
    involvement_id: UUID,
    body: InvolvementPatch,
    response: HttpResponse,
    if_match: IfMatch = "",
) -> InvolvementOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409."""
    row = _visible(request, patient_id, involvement_id)
    changed = services.change_involvement(
        involvement=row, part=body.part(row), seen=version_in(if_match), by=request.user
    )
    tag(response, changed.version)
    return InvolvementOut.of(changed)


@router.post(
    "/{uuid:patient_id}/involvements/{uuid:involvement_id}/hand-over/",
    response={201: InvolvementOut},
    summary="Give a role to somebody else",
)
@endpoint("crm.change_patient")
def hand_over(
    request: Request, patient_id: UUID, involvement_id: UUID, body: HandOverIn, if_match: IfMatch = ""
) -> Status[InvolvementOut]:
    """An owner sells: theirs ends that day, and the share goes over. Answers with the new one."""
    row = services.hand_over(
        involvement=_visible(request, patient_id, involvement_id),
        client_id=body.client_id,
        contact=_contact(body.client),
        on=body.on,
        seen=version_in(if_match),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, InvolvementOut.of(row))


def _contact(client: ContactIn | None) -> ContactDetails | None:
    return ContactDetails(**client.dict()) if client else None


def _visible(request: Request, patient_id: UUID, involvement_id: UUID) -> Involvement:
    visible_patient(request, patient_id)
    rows = Involvement.objects.visible_to(request.user).select_related("client", "patient__client")
    return get_object_or_404(rows, pk=involvement_id, patient=patient_id)
