"""Sign a note: it never changes again, and what comes to mind later is an amendment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from modules.crm.events import NoteSigned
from modules.crm.models import Note, NoteAmendment
from modules.crm.models.notes import LONGEST_REASON
from modules.crm.services.care import NotInCare
from modules.crm.services.notes.writing import (
    LONGEST_SECTION,
    Before,
    NoteIsSigned,
    NotYourNote,
    Written,
    keep_draft,
    keep_note,
    locked_note,
)


class EmptyNote(Invalid):
    code = "note-empty"


class NoteNotSigned(Conflict):
    """A draft is changed, not amended."""

    code = "note-not-signed"


class AmendmentInvalid(Invalid):
    code = "amendment-invalid"


@transaction.atomic
def sign_note(*, note: Note, by: Any, at: datetime) -> Note:
    """Sign a note as it is now; from then on it never changes. Raises `NoteIsSigned`, `NotYourNote` or `EmptyNote`."""
    note = locked_note(note)
    if note.is_signed:
        raise NoteIsSigned(_("This note is signed already."))
    if not by.has_perm("crm.sign_note", note):
        raise NotYourNote(_("Only its author signs a note."))
    if note.is_empty:
        raise EmptyNote(_("There is nothing in this note yet."))
    keep_draft(note)
    note.signed_at = at
    note.save(update_fields=["signed_at"])
    audit.record(action="crm.note.signed", of=note, by=by, changes={"signed_at": (None, at)})
    publish(NoteSigned(note_id=note.pk, patient_id=note.patient_id))
    return note


@transaction.atomic
def keep_and_sign(*, note: Note, written: Written, before: Before, by: Any, at: datetime) -> Note:
    """Sign what was typed. Raises what `save_draft` and `sign_note` raise."""
    return sign_note(note=keep_note(note=note, written=written, before=before, by=by, at=at), by=by, at=at)


@transaction.atomic
def amend_note(*, note: Note, text: str, reason: str, by: Any, at: datetime) -> NoteAmendment:
    """Add to a signed note, or put right what it says: below it, with a reason, and signed at once.

    Whoever reads the note and has the patient in their care does. Raises `NoteNotSigned`, `NotInCare` or
    `AmendmentInvalid`.
    """
    if not note.is_signed:
        raise NoteNotSigned(_("This note is not signed yet: change the note itself."))
    if not by.has_perm("crm.write_note", note.patient):
        raise NotInCare(_("You write about patients in your care only. Have this one handed over to you."))
    _check_amendment(text, reason)
    written = {"text": text.strip().replace("\r\n", "\n"), "reason": reason.strip()}
    signed = {"author_id": by.pk, "author_name": str(by), "signed_at": at}
    amendment = NoteAmendment.objects.create(note=note, **written, **signed)
    audit.record(action="crm.noteamendment.signed", of=amendment, by=by, changes=audit.created(amendment, written))
    return amendment


def _check_amendment(text: str, reason: str) -> None:
    problems: dict[str, list[str]] = {}
    if not text.strip():
        problems["text"] = [_("Write what is to be added or put right.")]
    if len(text) > LONGEST_SECTION:
        problems["text"] = [_("At most %(most)s characters.") % {"most": LONGEST_SECTION}]
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        problems["reason"] = [_("Say why, in at most 200 characters.")]
    if problems:
        raise AmendmentInvalid(" ".join(each for sentences in problems.values() for each in sentences), fields=problems)
