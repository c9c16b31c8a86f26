"""Flags: what whoever meets a patient has to know."""

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
from modules.crm.models import Flag, FlagKind
from modules.crm.schemas.documents import EndIn
from modules.crm.schemas.flags import FlagIn, FlagKindIn, FlagKindOut, FlagOut, FlagPatch
from modules.crm.selectors.flags import flag_kinds
from modules.crm.services import flags as services
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/flags/", response=Page[FlagOut], summary="The flags of a patient")
@endpoint("crm.view_alert")
def list_flags(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Those in force, those that are over and those that were ended; the latest first."""
    patient = visible_patient(request, patient_id)
    rows = Flag.objects.visible_to(request.user).filter(patient=patient)
    audit.viewed(of=patient, by=request.user)
    return page_of(rows.order_by("-created_at", "-pk"), page, FlagOut.of)


@router.post("/{uuid:patient_id}/flags/", response={201: FlagOut}, summary="Raise a flag")
@endpoint("crm.view_alert")
def raise_flag(request: Request, patient_id: UUID, body: FlagIn) -> Status[FlagOut]:
    """Whoever answers for a patient's health says what is dangerous for it; the desk, who does not come or pay."""
    patient = visible_patient(request, patient_id)
    flag = services.raise_flag(patient=patient, details=body.details(), by=request.user, at=timezone.now())
    return Status(201, FlagOut.of(flag))


@router.patch("/{uuid:patient_id}/flags/{uuid:flag_id}/", response=FlagOut, summary="Put a flag right")
@endpoint("crm.view_alert")
def change_flag(request: Request, patient_id: UUID, flag_id: UUID, body: FlagPatch) -> FlagOut:
    flag = _visible(request, patient_id, flag_id)
    return FlagOut.of(services.change_flag(flag=flag, details=body.details(flag), by=request.user))


@router.post("/{uuid:patient_id}/flags/{uuid:flag_id}/end/", response=FlagOut, summary="End a flag")
@endpoint("crm.view_alert")
def end_flag(request: Request, patient_id: UUID, flag_id: UUID, body: EndIn) -> FlagOut:
    """It is kept, with who ended it, when and why."""
    flag = _visible(request, patient_id, flag_id)
    return FlagOut.of(services.end_flag(flag=flag, reason=body.reason, by=request.user, at=timezone.now()))


@router.get("/flag-kinds/", response=list[FlagKindOut], summary="The flags that are offered to choose")
@endpoint("crm.view_alert")
def list_kinds(request: Request) -> list[FlagKindOut]:
    return [FlagKindOut.of(kind) for kind in flag_kinds()]


@router.post("/flag-kinds/", response={201: FlagKindOut}, summary="Offer a flag to choose")
@endpoint("crm.manage_flag_kinds")
def add_kind(request: Request, body: FlagKindIn) -> Status[FlagKindOut]:
    return Status(201, FlagKindOut.of(services.add_flag_kind(details=body.details(), by=request.user)))


@router.delete("/flag-kinds/{uuid:flag_kind_id}/", response={204: None}, summary="Offer a flag no more")
@endpoint("crm.manage_flag_kinds")
def end_kind(request: Request, flag_kind_id: UUID) -> Status[None]:
    """Flags that were raised by it stay as they are."""
    kind = get_object_or_404(FlagKind, pk=flag_kind_id)
    services.end_flag_kind(kind=kind, by=request.user, at=timezone.now())
    return Status(204, None)


def _visible(request: Request, patient_id: UUID, flag_id: UUID) -> Flag:
    patient = visible_patient(request, patient_id)
    rows = Flag.objects.visible_to(request.user).filter(patient=patient)
    return get_object_or_404(rows.select_related("patient__client", "kind"), pk=flag_id)
