"""What has happened with somebody, the newest first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit import recording as audit
from modules.crm import selectors
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.domain.timeline import Place
from modules.crm.models import Patient
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import page

CLINICAL = {"note", "episode"}  # customers have neither


@page("crm.view_patient")
def timeline(request: Request, patient_id: UUID) -> HttpResponse:
    """A stretch of the line, of one kind or of all."""
    record = visible_patient(request, patient_id)
    is_clinical = subject_of(request.tenant.vertical) is not Subject.CUSTOMER
    line = line_of(request, record, is_clinical=is_clinical)
    context = {
        "patient": record,
        "line": line,
        "may_write_note": is_clinical and request.user.has_perm("crm.write_note", record),
    }
    audit.viewed(of=record, by=request.user, how=how_viewed(line))
    return render(request, "crm/timeline.html", context)


def line_of(request: Request, record: Patient, *, is_clinical: bool) -> dict[str, Any]:
    """Return the stretch that the address asks for, and what else could be shown. Raises `Http404`."""
    kinds = selectors.timeline_kinds(request.user)
    kinds = {name: each for name, each in kinds.items() if is_clinical or name not in CLINICAL}
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    place = Place.read(before)
    if (kind and kind not in kinds) or (before and place is None):
        raise Http404
    stretch = selectors.read_timeline(record, seen_by=request.user, at=timezone.now(), kind=kind, before=place)
    return {
        "entries": stretch.entries,
        "next": str(stretch.next or ""),
        "kind": kind,
        "kinds": [(name, each.label) for name, each in kinds.items()],
    }


def how_viewed(line: dict[str, Any]) -> str:
    """Return what the log says of it: whether notes were among what was shown."""
    return "viewed_with_notes" if any(entry.kind == "note" for entry in line["entries"]) else "viewed"
