"""Lists of people as files for a spreadsheet."""

from __future__ import annotations

from typing import Any, Literal

from django.http import FileResponse
from ninja import Router

from httpapi.doors import endpoint
from modules.crm.models import Patient
from modules.crm.services import exports
from tenancy.requests import Request

router = Router()


@router.get("/export/", summary="A list of people as a file")
@endpoint("crm.export_people")
def export_people(request: Request, file: Literal["csv", "xlsx"] = "csv", search: str = "") -> Any:
    """With the fields that one may see; it can be imported again. `search` as in the list."""
    rows = Patient.objects.visible_to(request.user).order_by("last_name", "first_name", "pk")
    found = rows.matching(search, seen_by=request.user)
    content = exports.export_people(people=found, kind=file, by=request.user)
    return FileResponse(content, as_attachment=True, filename=f"people.{file}", content_type=exports.MEDIA_TYPES[file])
