"""What other modules may ask about notes, and do in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from modules.crm import services
from modules.crm.domain.notes import SOAP
from modules.crm.models import Note
from modules.crm.selectors.body import chart_words
from modules.crm.selectors.people import standing_patient
from modules.crm.services import EmptyNote


@dataclass(frozen=True, slots=True)
class NoteText:
    """A visit's note. `sections` are the filled ones, with their headings; at the end pain and marks, in words."""

    id: UUID
    author_name: str
    sections: tuple[tuple[str, str], ...]
    subjective: str
    objective: str
    assessment: str
    plan: str
    shared_with_patient: bool
    written_at: datetime
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoteCard:
    """Which note it is, and not what it says."""

    pk: UUID
    patient_id: UUID
    appointment_id: UUID | None
    is_signed: bool


def note_of_visit(appointment_id: UUID, *, seen_by: Any) -> NoteText | None:
    rows = Note.objects.visible_to(seen_by).select_related("draft", "template_version")
    note = rows.filter(appointment_id=appointment_id).first()
    return _text(note) if note else None


def notes_seen_by(user: Any) -> QuerySet[Note, Any]:
    """Return the notes that somebody may read, to narrow a query with."""
    return Note.objects.visible_to(user)


def find_note(note_id: UUID, *, seen_by: Any) -> NoteCard | None:
    note = Note.objects.visible_to(seen_by).filter(pk=note_id).first()
    return _note_card(note) if note else None


def visit_of_note(note_id: UUID) -> UUID | None:
    """Return the visit that a note is about, if it is about one."""
    return Note.objects.filter(pk=note_id).values_list("appointment_id", flat=True).first()


def note_to_add_to(note_id: UUID, *, by: Any) -> NoteCard:
    """Return a note, locked until the transaction ends, to which somebody may add what was used or done.

    Once it is signed, that is whoever may amend it. Raises `NoSuchNote`, or why they may not.
    """
    return _note_card(services.note_to_add_to(note_id=note_id, by=by))


def may_add_to_note(note_id: UUID, *, by: Any) -> bool:
    note = Note.objects.visible_to(by).select_related("patient").filter(pk=note_id).first()
    return note is not None and services.may_add_to(note, by=by)


def begin_note_of_visit(*, patient_id: UUID, appointment_id: UUID, by: Any, at: datetime) -> UUID:
    """Return the note of a visit, begun if nobody has. Raises `NotInCare`."""
    patient = standing_patient(patient_id)
    return services.begin_note(patient=patient, appointment_id=appointment_id, by=by, at=at).pk


def save_note_of_visit(
    *, patient_id: UUID, appointment_id: UUID, sections: dict[str, str], shared: bool, by: Any, at: datetime
) -> NoteText:
    """Write the draft of a visit's note. Raises `NoteIsSigned`."""
    patient = standing_patient(patient_id)
    note = services.save_note(
        patient=patient, appointment_id=appointment_id, sections=sections, shared=shared, by=by, at=at
    )
    return _text(note)


def sign_note_of_visit(appointment_id: UUID, *, by: Any, at: datetime) -> NoteText:
    """Sign a visit's note. Raises `NoteIsSigned` or `EmptyNote`."""
    note = Note.objects.filter(appointment_id=appointment_id).first()
    if note is None:
        raise EmptyNote("There is no note to sign yet.")
    return _text(services.sign_note(note=note, by=by, at=at))


def _note_card(note: Note) -> NoteCard:
    return NoteCard(note.pk, note.patient_id, note.appointment_id, note.is_signed)


def _text(note: Note) -> NoteText:
    texts = note.texts
    return NoteText(
        id=note.pk,
        author_name=note.author_name,
        sections=tuple((str(heading), text) for heading, text in [*note.sections, *chart_words(note.body_chart)]),
        **{name: texts.get(name, "") for name in SOAP},
        shared_with_patient=note.shared_with_patient,
        written_at=note.last_written[1],
        signed_at=note.signed_at,
    )
