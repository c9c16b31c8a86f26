"""Take people over from a file, step by step: what takes long is done by and by, and its state says how far it is."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import NotAllowed
from modules.crm.domain.subjects import subject_of
from modules.crm.models import Patient, PeopleImport
from modules.crm.schemas.imports import (
    DecisionIn,
    EncodingIn,
    ImportOut,
    MappingIn,
    MappingOut,
    RowOut,
    RowsOut,
    RuleIn,
)
from modules.crm.selectors import imports as selectors
from modules.crm.services import imports
from tenancy.requests import Request

router = Router()
AT, ONE = "/imports/", "/imports/{uuid:import_id}/"


@router.get(AT, response=Page[ImportOut], summary="Imports, the latest first")
@endpoint("crm.import_people")
def list_imports(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(PeopleImport.objects.order_by("-created_at"), page, ImportOut.of)


@router.post(AT, response={201: ImportOut}, summary="Send a file of people")
@endpoint("crm.import_people")
def start_import(request: Request, file: File[UploadedFile]) -> Status[ImportOut]:
    """CSV, Excel, OpenDocument or vCard. It is read by and by; nothing is imported by that."""
    content = file.read()
    begun = imports.start_import(name=file.name or "", content=content, by=request.user, at=timezone.now())
    return Status(201, ImportOut.of(begun))


@router.get(ONE, response=ImportOut, summary="How far an import is")
@endpoint("crm.import_people")
def show_import(request: Request, import_id: UUID) -> ImportOut:
    imported = _found(import_id)
    return ImportOut.of(imported, earlier=imports.earlier_import_of(imported))


@router.delete(ONE, response={204: None}, summary="Throw away what was not imported")
@endpoint("crm.import_people")
def discard_import(request: Request, import_id: UUID) -> Status[None]:
    imports.discard_import(imported=_found(import_id), by=request.user)
    return Status(204, None)


@router.post(ONE + "reading/", response=ImportOut, summary="Read the file as of another encoding")
@endpoint("crm.import_people")
def read_again(request: Request, import_id: UUID, body: EncodingIn) -> ImportOut:
    return ImportOut.of(imports.read_again(imported=_found(import_id), encoding=body.encoding, by=request.user))


@router.get(ONE + "columns/", response=MappingOut, summary="What the columns most likely are")
@endpoint("crm.import_people")
def suggest_columns(request: Request, import_id: UUID) -> MappingOut:
    """As they were the last time that a file had these headers, or guessed from them."""
    imported = _found(import_id)
    labels = imports.labels_for(subject_of(request.tenant.vertical), of=request.user)
    return MappingOut.of(imports.suggested(imported, by=request.user), imported.headers, labels)


@router.put(ONE + "columns/", response=ImportOut, summary="Say what the columns are, and have every row checked")
@endpoint("crm.import_people")
def choose_columns(request: Request, import_id: UUID, body: MappingIn) -> ImportOut:
    imported = _found(import_id)
    mapping = body.mapping(imported.headers)
    chosen = imports.choose_columns(imported=imported, mapping=mapping, by=request.user, at=timezone.now())
    return ImportOut.of(chosen)


@router.get(ONE + "rows/", response=RowsOut, summary="The rows, and what becomes of each")
@endpoint("crm.import_people")
def list_rows(
    request: Request,
    import_id: UUID,
    page: Query[PageIn],
    outcome: Literal["new", "known", "twice", "error", "kept"] | None = None,
) -> RowsOut:
    """`kept` are those that were not undone."""
    imported = _found(import_id)
    kept = outcome == "kept"
    rows = selectors.rows_of(imported, outcome="" if kept else outcome or "", kept=kept)
    shown = selectors.rows_shown(imported, list(rows[page.offset : page.offset + page.limit]), seen_by=request.user)
    audit.listed(what=Patient, subjects=[each.known.pk for each in shown if each.known], by=request.user)
    return RowsOut(items=[RowOut.of(each) for each in shown], count=rows.count())


@router.put(ONE + "rows/{uuid:row_id}/decision/", response=ImportOut, summary="Say what becomes of one row")
@endpoint("crm.import_people")
def decide_row(request: Request, import_id: UUID, row_id: UUID, body: DecisionIn) -> ImportOut:
    imported = _found(import_id)
    imports.decide_row(imported=imported, row_id=row_id, decision=body.decision or "")
    return ImportOut.of(imported)


@router.put(ONE + "rule/", response=ImportOut, summary="Say what becomes of those who are known")
@endpoint("crm.import_people")
def set_rule(request: Request, import_id: UUID, body: RuleIn) -> ImportOut:
    return ImportOut.of(imports.set_rule(imported=_found(import_id), rule=body.rule))


@router.post(ONE + "run/", response=ImportOut, summary="Import what was checked")
@endpoint("crm.import_people")
def run_import(request: Request, import_id: UUID) -> ImportOut:
    """All of it, or, if anything fails, nothing."""
    return ImportOut.of(imports.begin_import(imported=_found(import_id), by=request.user))


@router.post(ONE + "undo/", response=ImportOut, summary="Undo a whole import")
@endpoint("crm.import_people")
def undo_import(request: Request, import_id: UUID) -> ImportOut:
    """Whom somebody did something with since is kept: see the rows that were `kept`."""
    return ImportOut.of(imports.begin_undoing(imported=_found(import_id), by=request.user, at=timezone.now()))


@router.get(ONE + "errors/", summary="The rows that cannot be imported, as CSV with a column that says why")
@endpoint("crm.import_people")
def take_errors(request: Request, import_id: UUID) -> HttpResponse:
    """For whoever sent the file."""
    imported = _found(import_id)
    if imported.by_id != request.user.pk:
        raise NotAllowed("Whoever sent the file can take its rows back.")
    audit.record(action="crm.peopleimport.errors_taken", of=imported, by=request.user)
    return HttpResponse(selectors.errors_as_csv(imported), content_type="text/csv; charset=utf-8")


def _found(import_id: UUID) -> PeopleImport:
    return get_object_or_404(PeopleImport.objects.select_related("file"), pk=import_id)
