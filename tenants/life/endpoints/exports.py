"""A workspace's own data in one file, at /api/exports/."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.paging import Page, PageIn, page_of
from httpapi.schemas import Schema
from identity.proofs import require_proof
from tenancy.requests import Request
from tenants.life import exporting, links
from tenants.life.models import Export

router = Router()


class ExportOut(Schema):
    id: UUID
    state: Literal["waiting", "running", "ready", "failed", "expired"]
    percent: int
    asked_by: str
    asked_at: Moment
    as_of: Moment | None
    finished_at: Moment | None
    expires_at: Moment | None
    size: int
    sha256: str

    @staticmethod
    def of(export: Export) -> dict[str, Any]:
        names = ("id", "state", "percent", "asked_at", "as_of", "finished_at", "expires_at", "size")
        more = {"asked_by": export.asked_by_name, "sha256": export.digest}
        return {name: getattr(export, name) for name in names} | more


@router.get("/", response=Page[ExportOut], summary="Exports, the newest first")
@endpoint("tenants.export_data")
def list_exports(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(Export.objects.newest_first(), page, ExportOut.of)


@router.post("/", response={201: ExportOut}, summary="Have everything put into one file")
@endpoint("tenants.export_data")
def request_export(request: Request) -> Status[Any]:
    require_proof(request)
    export = exporting.request_export(tenant=request.tenant, by=request.user, at=timezone.now())
    return Status(201, ExportOut.of(export))


@router.get("/{uuid:export_id}/", response=ExportOut, summary="How far an export is")
@endpoint("tenants.export_data")
def show_export(request: Request, export_id: UUID) -> dict[str, Any]:
    return ExportOut.of(links.find_export(export_id))


@router.get("/{uuid:export_id}/file/", summary="The file of an export, as a zip; or a redirection to it")
@endpoint("tenants.export_data")
def fetch_export(request: Request, export_id: UUID) -> Any:
    require_proof(request)
    return links.hand_out(links.find_export(export_id), tenant=request.tenant, by=request.user)


@router.delete("/{uuid:export_id}/", response={204: None}, summary="Delete an export, or stop it")
@endpoint("tenants.export_data")
def discard_export(request: Request, export_id: UUID) -> Status[None]:
    exporting.discard_export(export=links.find_export(export_id), by=request.user)
    return Status(204, None)
