"""Merging over the wire: a preview, the merge, and its undoing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import NotFound
from modules.crm.models import Client, Merge, Patient
from modules.crm.schemas.merging import MergeIn, MergeOut, PlanOut, UndoingOut, WhomIn
from modules.crm.services import merging
from tenancy.requests import Request

router = Router()


@router.post("/merge-previews/", response=PlanOut, summary="What merging records would do")
@endpoint("crm.merge_patients")
def preview_merge(request: Request, body: WhomIn) -> PlanOut:
    """Every row that goes along, by kind; where the records differ; what stands in the way. Nothing is changed."""
    return PlanOut.of(_plan(request, body), seen_by=request.user)


@router.get("/merges/", response=Page[MergeOut], summary="What was merged")
@endpoint("crm.merge_patients")
def list_merges(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first."""
    return page_of(_seen(request).order_by("-at", "-pk"), page, MergeOut.of, seen=lambda rows: _note(request, rows))


@router.post("/merges/", response={201: MergeOut}, summary="Merge records")
@endpoint("crm.merge_patients")
def merge(request: Request, body: MergeIn) -> Status[MergeOut]:
    """Everything at once or nothing. 409 if something stands in the way, or changed since the preview."""
    _rows(request, body)
    how: dict[str, Any] = {"choices": body.choices, "mark": body.mark, "by": request.user, "at": timezone.now()}
    if body.patient_ids:
        return Status(201, MergeOut.of(merging.merge_patients(patient_ids=body.patient_ids, **how)))
    return Status(201, MergeOut.of(merging.merge_clients(client_ids=body.client_ids, **how)))


@router.get("/merges/{uuid:merge_id}/", response=UndoingOut, summary="A merge, and what undoing it would do")
@endpoint("crm.merge_patients")
def get_merge(request: Request, merge_id: UUID) -> UndoingOut:
    done = get_object_or_404(_seen(request), pk=merge_id)
    _note(request, [done])
    return UndoingOut.of_plan(done, merging.plan_undo(done, at=timezone.now()))


@router.delete("/merges/{uuid:merge_id}/", response=MergeOut, summary="Undo a merge")
@endpoint("crm.merge_patients")
def undo_merge(request: Request, merge_id: UUID) -> MergeOut:
    """For thirty days. Rows that still are where the merge put them go back; what came since stays."""
    done = get_object_or_404(_seen(request), pk=merge_id)
    return MergeOut.of(merging.undo_merge(merge=done, by=request.user, at=timezone.now()))


def _plan(request: Request, body: WhomIn) -> merging.Plan:
    rows = _rows(request, body)
    return merging.plan_of_patients(rows) if body.patient_ids else merging.plan_of_clients(rows)


def _rows(request: Request, body: WhomIn) -> list[Any]:
    """Return the records in the order they were named, all of which whoever asks may see."""
    ids = body.patient_ids or body.client_ids
    rows: Any = Client.objects.of_patients_seen_by(request.user)
    if body.patient_ids:
        rows = Patient.objects.visible_to(request.user).select_related("client")
    found = {row.pk: row for row in rows.filter(pk__in=ids)}
    if len(found) != len(set(ids)):
        raise NotFound("There is no such record.")
    audit.listed(what=Patient if body.patient_ids else Client, subjects=list(found), by=request.user)
    return [found[each] for each in ids]


def _seen(request: Request) -> Any:
    return Merge.objects.of_patients_seen_by(request.user).select_related("patient", "client")


def _note(request: Request, merges: list[Merge]) -> None:
    audit.listed(what=Patient, subjects=[each.subject_id for each in merges], by=request.user)
