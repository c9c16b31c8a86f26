"""Notes about patients: write, sign, amend, compare."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import selectors, services
from modules.crm.api.patients import visible_patient
from modules.crm.models import Note
from modules.crm.schemas.body import BodyChartOut
from modules.crm.schemas.note_setup import ChosenTemplateIn
from modules.crm.schemas.notes import (
    AmendmentIn,
    AmendmentOut,
    DisciplineIn,
    DisciplineOut,
    DisciplinesOut,
    DraftIn,
    NoteOut,
    VersionOut,
    VersionsOut,
)
from modules.crm.selectors.body import figure_for
from tenancy.requests import Request

router = Router()
NOTES = "/{uuid:patient_id}/notes/"
ONE = NOTES + "{uuid:note_id}/"


@router.get("/disciplines/", response=DisciplinesOut, summary="What colleagues are trained in")
@endpoint("crm.manage_note_setup")
def list_disciplines(request: Request) -> DisciplinesOut:
    return DisciplinesOut(items=[DisciplineOut.of(each) for each in selectors.colleagues_with_disciplines()])


@router.put("/disciplines/{uuid:member_id}/", response=DisciplinesOut, summary="Say what a colleague is trained in")
@endpoint("crm.manage_note_setup")
def set_discipline(request: Request, member_id: UUID, body: DisciplineIn) -> DisciplinesOut:
    """An empty discipline takes it back. Notes stay with the one that they were written in."""
    services.set_discipline(member_id=member_id, name=body.discipline, by=request.user)
    return list_disciplines(request)


@router.get("/{uuid:patient_id}/body-chart/", response=BodyChartOut, summary="What can be marked on a patient's chart")
@endpoint("crm.write_note")
def get_body_chart(request: Request, patient_id: UUID) -> BodyChartOut:
    """The views of the body and their regions: by the species of an animal."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user)
    return BodyChartOut.of(figure_for(Note(patient=patient)))


@router.get(NOTES, response=Page[NoteOut], summary="The notes about a patient")
@endpoint("crm.view_note")
def list_notes(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first; those that their level closes to you are not among them."""
    patient = visible_patient(request, patient_id)
    notes = Note.objects.visible_to(request.user).filter(patient=patient).for_display().order_by("-written_at", "-pk")
    audit.viewed(of=patient, by=request.user, how="viewed_notes")
    return page_of(notes, page, NoteOut.of)


@router.post(NOTES, response={201: NoteOut}, summary="Begin a note without a visit")
@endpoint("crm.write_note")
def begin_note(request: Request, patient_id: UUID) -> Status[NoteOut]:
    patient = visible_patient(request, patient_id)
    note = services.begin_note(patient=patient, by=request.user, at=timezone.now())
    return Status(201, _out(note))


@router.get(ONE, response=NoteOut, summary="One note")
@endpoint("crm.view_note")
def get_note(request: Request, patient_id: UUID, note_id: UUID) -> NoteOut:
    note = _visible(request, patient_id, note_id)
    audit.viewed(of=note, by=request.user)
    return NoteOut.of(note)


@router.put(ONE + "draft/", response=NoteOut, summary="Save what is being typed")
@endpoint("crm.write_note")
def save_draft(request: Request, patient_id: UUID, note_id: UUID, body: DraftIn) -> NoteOut:
    """If another text was saved since the state in `seen`, the answer is 409 and has that text; nothing is changed."""
    note = _visible(request, patient_id, note_id)
    at = timezone.now()
    return _out(services.save_draft(note=note, written=body.written(), before=body.before(), by=request.user, at=at))


@router.put(ONE + "template/", response=NoteOut, summary="Have an empty note be written in another form")
@endpoint("crm.write_note")
def write_in_template(request: Request, patient_id: UUID, note_id: UUID, body: ChosenTemplateIn) -> NoteOut:
    note = _visible(request, patient_id, note_id)
    return _out(services.write_in_template(note=note, template_id=body.template_id, by=request.user))


@router.post(ONE + "signature/", response={201: NoteOut}, summary="Sign a note")
@endpoint("crm.sign_note")
def sign_note(request: Request, patient_id: UUID, note_id: UUID) -> Status[NoteOut]:
    """As it is now. From then on it never changes."""
    note = _visible(request, patient_id, note_id)
    return Status(201, _out(services.sign_note(note=note, by=request.user, at=timezone.now())))


@router.delete(ONE, response={204: None}, summary="Throw a draft away")
@endpoint("crm.write_note")
def discard_note(request: Request, patient_id: UUID, note_id: UUID) -> Status[None]:
    services.discard_note(note=_visible(request, patient_id, note_id), by=request.user)
    return Status(204, None)


@router.post(ONE + "amendments/", response={201: AmendmentOut}, summary="Amend a signed note")
@endpoint("crm.write_note")
def amend_note(request: Request, patient_id: UUID, note_id: UUID, body: AmendmentIn) -> Status[AmendmentOut]:
    note = _visible(request, patient_id, note_id)
    amendment = services.amend_note(note=note, text=body.text, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, AmendmentOut.of(amendment))


@router.get(ONE + "versions/", response=VersionsOut, summary="The versions of a note, and what changed in each")
@endpoint("crm.view_note")
def list_versions(request: Request, patient_id: UUID, note_id: UUID) -> VersionsOut:
    note = _visible(request, patient_id, note_id)
    audit.viewed(of=note, by=request.user, how="viewed_versions")
    return VersionsOut(items=[VersionOut.of(each) for each in selectors.compared(note)])


def _visible(request: Request, patient_id: UUID, note_id: UUID) -> Note:
    notes = Note.objects.visible_to(request.user).for_display().filter(patient=patient_id)
    return get_object_or_404(notes, pk=note_id)


def _out(note: Note) -> NoteOut:
    """Return a note as it is now, just written."""
    return NoteOut.of(Note.objects.for_display().get(pk=note.pk))
