"""Lists of people as files for a spreadsheet."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse
from ninja import Router

from httpapi.doors import endpoint
from kernel.errors import NotFound
from modules.crm.models import Patient
from modules.crm.services import exports
from tenancy.requests import Request

router = Router()


@router.get("/export/", summary="A list of people as a file")
@endpoint("crm.export_people")
def export_people(request: Request, file: Literal["csv", "xlsx", "vcf"] = "csv", search: str = "") -> Any:
    """With the fields that one may see; it can be imported again. `search` as in the list. A `vcf` has a vCard of each
    for address books."""
    rows = Patient.objects.visible_to(request.user).order_by("last_name", "first_name", "pk")
    found = rows.matching(search, seen_by=request.user)
    content = exports.export_people(people=found, kind=file, by=request.user)
    return FileResponse(content, as_attachment=True, filename=f"people.{file}", content_type=exports.MEDIA_TYPES[file])


@router.get("/{uuid:patient_id}/card/", summary="A person as a vCard")
@endpoint("crm.export_people")
def export_card(request: Request, patient_id: UUID) -> Any:
    """RFC 6350; of an animal, its owner's."""
    rows = Patient.objects.visible_to(request.user).filter(pk=patient_id)
    if not rows.exists():
        raise NotFound("There is no such record.")
    content = exports.export_people(people=rows, kind="vcf", by=request.user)
    return FileResponse(content, as_attachment=True, filename="person.vcf", content_type=exports.MEDIA_TYPES["vcf"])
