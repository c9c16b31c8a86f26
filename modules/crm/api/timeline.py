"""What has happened with a patient, the newest first."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.schemas import Schema
from kernel.errors import Invalid
from modules.crm import selectors
from modules.crm.api.patients import visible_patient
from modules.crm.domain.timeline import Place
from modules.crm.schemas.timeline import TimelineOut
from tenancy.requests import Request

router = Router()
LONGEST = 100


class StretchIn(Schema):
    """`kind` is one of those that the answer names; `before` is the `next` of the answer before."""

    kind: str = Field("", max_length=40)
    before: str = Field("", max_length=80)
    limit: int = Field(20, ge=1, le=LONGEST)


class UnknownStretch(Invalid):
    code = "timeline-unknown"


@router.get("/{uuid:patient_id}/timeline/", response=TimelineOut, summary="What has happened with a patient")
@endpoint("crm.view_patient")
def get_timeline(request: Request, patient_id: UUID, asked: Query[StretchIn]) -> TimelineOut:
    """Visits, notes, invoices and more, of every module, as far as you may see them."""
    patient = visible_patient(request, patient_id)
    kinds, place = selectors.timeline_kinds(request.user), Place.read(asked.before)
    if (asked.kind and asked.kind not in kinds) or (asked.before and place is None):
        raise UnknownStretch(_("There is no such kind of entry, or no such place on the line."))
    stretch = selectors.read_timeline(
        patient, seen_by=request.user, at=timezone.now(), kind=asked.kind, before=place, limit=asked.limit
    )
    has_notes = any(entry.kind == "note" for entry in stretch.entries)
    audit.viewed(of=patient, by=request.user, how="viewed_with_notes" if has_notes else "viewed")
    return TimelineOut.of(stretch, kinds=list(kinds))
