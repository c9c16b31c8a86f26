"""What other modules hang on a note: what was used and done, as far as whoever writes it may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kernel.errors import NotAllowed, NotFound
from modules.crm.models import Note
from modules.crm.services.care import NotInCare
from modules.crm.services.notes.writing import check_may_write, locked_note


class NoSuchNote(NotFound):
    code = "note-unknown"


def note_to_add_to(*, note_id: UUID, by: Any) -> Note:
    """Return a note that nobody signs or discards before this transaction is over, for something to hang on it.

    Whoever may write in it does; once it is signed, whoever may amend it. Raises `NoSuchNote`, `NotInCare` or
    `NotYourNote`.
    """
    found = Note.objects.visible_to(by).filter(pk=note_id).first()
    if found is None:
        raise NoSuchNote(_("There is no such note."))
    note = locked_note(found)
    _check_may_add(note, by=by)
    return note


def may_add_to(note: Note, *, by: Any) -> bool:
    """Test whether `note_to_add_to` would return it."""
    try:
        _check_may_add(note, by=by)
    except NotAllowed:
        return False
    return True


def _check_may_add(note: Note, *, by: Any) -> None:
    if not note.is_signed:
        check_may_write(note, by=by)
    elif not by.has_perm("crm.write_note", note.patient):
        raise NotInCare(_("You write about patients in your care only. Have this one handed over to you."))
