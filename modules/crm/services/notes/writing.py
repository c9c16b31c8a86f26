"""Write a note, as a draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.crm.models import Note, Patient
from modules.crm.services.care import NotInCare

SECTIONS = ("subjective", "objective", "assessment", "plan")
WRITTEN = (*SECTIONS, "shared_with_patient")


class NoteIsSigned(Conflict):
    """A signed note never changes."""

    code = "note-signed"


@transaction.atomic
def save_note(
    *, patient: Patient, appointment_id: UUID | None, sections: dict[str, str], shared: bool, by: Any, at: datetime
) -> Note:
    """Write a draft, or write it again. There is one note per visit. Raises `NotInCare` or `NoteIsSigned`."""
    if not by.has_perm("crm.write_note", patient):
        raise NotInCare(_("You write about patients in your care only. Have this one handed over to you."))
    note = Note.objects.select_for_update().filter(appointment_id=appointment_id).first() if appointment_id else None
    if note is None:
        note = Note(patient=patient, appointment_id=appointment_id, author_id=by.pk, author_name=str(by))
    if note.is_signed:
        raise NoteIsSigned(_("This note is signed. It can no longer be changed."))
    before = audit.snapshot(note, WRITTEN)
    for name in SECTIONS:
        setattr(note, name, sections.get(name, ""))
    note.shared_with_patient, note.written_at = shared, at
    note.save()
    audit.record(action="crm.note.drafted", of=note, by=by, changes=audit.difference(before, note))
    return note
