"""Take the list of people along, as it is narrowed, in a file for a spreadsheet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone

from modules.crm import selectors
from modules.crm.models import Patient
from modules.crm.pages.finding import narrowing_of
from modules.crm.pages.seen import visible_patient
from modules.crm.services import exports
from tenancy.requests import Request
from webui.doors import page


@page("crm.export_people")
def export(request: Request) -> Any:
    """Say what would be taken along; with a `file`, hand it out."""
    narrowing, search = narrowing_of(request), request.GET.get("q", "").strip()
    rows = selectors.narrowed(narrowing.values, by=request.user, at=timezone.now())
    people, kind = rows.matching(search, seen_by=request.user), request.GET.get("file", "")
    if kind in exports.MEDIA_TYPES:
        content = exports.export_people(people=people, kind=kind, by=request.user)
        name = f"people-{timezone.localdate():%Y-%m-%d}.{kind}"
        return FileResponse(content, as_attachment=True, filename=name, content_type=exports.MEDIA_TYPES[kind])
    carried = [(name, value) for name in request.GET for value in request.GET.getlist(name) if name != "file"]
    columns = exports.exported_columns(request.user).values()
    return render(request, "crm/export.html", {"count": people.count(), "columns": columns, "carried": carried})


@page("crm.export_people")
def card(request: Request, patient_id: UUID) -> Any:
    """Hand out a person's card for an address book."""
    patient = visible_patient(request, patient_id)
    content = exports.export_people(people=Patient.objects.filter(pk=patient.pk), kind="vcf", by=request.user)
    return FileResponse(content, as_attachment=True, filename="person.vcf", content_type=exports.MEDIA_TYPES["vcf"])
