"""Sign a note: it never changes again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from kernel.events import publish
from modules.crm.events import NoteSigned
from modules.crm.models import Note
from modules.crm.services.notes.writing import NoteIsSigned


class EmptyNote(Invalid):
    code = "note-empty"


@transaction.atomic
def sign_note(*, note: Note, by: Any, at: datetime) -> Note:
    """Sign a note; from then on it never changes. Raises `NoteIsSigned` or `EmptyNote`."""
    note = Note.objects.select_for_update().select_related("patient").get(pk=note.pk)
    if note.is_signed:
        raise NoteIsSigned(_("This note is signed already."))
    if not note.sections:
        raise EmptyNote(_("There is nothing in this note yet."))
    note.signed_at = at
    note.save(update_fields=["signed_at"])
    audit.record(action="crm.note.signed", of=note, by=by, changes={"signed_at": (None, at)})
    publish(NoteSigned(note_id=note.pk, patient_id=note.patient_id))
    return note
