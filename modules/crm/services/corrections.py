"""What people ask to have put right: asked on the portal, answered by whoever keeps the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.corrections import FIELDS, LONGEST_STATEMENT, LONGEST_VALUE, CorrectionState
from modules.crm.models import Correction, Document, Note, Patient
from modules.crm.selectors import present_values
from modules.crm.services.notes.signing import amend_note
from modules.crm.services.questionnaires.reviewing import changed_person
from modules.crm.services.records import change_patient
from notify.sending import send

ASKED = ("field", "stands", "right", "words", "note_id", "document_id")
ANSWERED = ("state", "answer", "is_beside", "answered_at", "answered_by_id", "answered_by_name")


class CorrectionInvalid(Invalid):
    code = "correction-invalid"


class CorrectionWaits(Conflict):
    """The same was asked before, and waits for an answer."""

    code = "correction-waits"


class CorrectionAnswered(Conflict):
    """Somebody else answered it meanwhile."""

    code = "correction-answered"


class RecordMovedOn(Conflict):
    """The field says something else by now than when it was asked."""

    code = "record-moved-on"

    def __init__(self, detail: str, *, present: str) -> None:
        super().__init__(detail)
        self.present = present

    def extra(self) -> dict[str, object]:
        return {"current": {"stands": self.present}}


class NotTheirsToCorrect(NotAllowed):
    code = "correction-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A field of `FIELDS` and what is right; or words, about a note, a document, or anything."""

    field: str = ""
    right: str = ""
    words: str = ""
    note_id: UUID | None = None
    document_id: UUID | None = None


@transaction.atomic
def ask_correction(*, patient: Patient, wish: Wish, by: Any, at: datetime) -> Correction:
    """Ask to have something put right, on the portal. Raises `CorrectionInvalid`, `CorrectionWaits` or
    `NotTheirsToCorrect`."""
    asked = Correction(patient=patient)
    if reach_of(by, "crm.view_correction") is not Reach.SELF or not by.has_perm("crm.view_correction", asked):
        raise NotTheirsToCorrect(_("A correction is asked for on the portal, by whom it is about."))
    stands = present_values(patient).get(wish.field, "")
    _check(wish, patient, stands=stands, by=by)
    values = {
        "field": wish.field,
        "right": wish.right.strip(),
        "words": wish.words.strip(),
        "note_id": wish.note_id,
        "document_id": wish.document_id,
    }
    whose = {"asked_at": at, "asked_by_id": by.pk, "asked_by_name": str(by)}
    try:
        with transaction.atomic():
            made = Correction.objects.create(
                patient=patient, stands=stands, state=CorrectionState.ASKED, **values, **whose
            )
    except IntegrityError:
        raise CorrectionWaits(_("You have asked for this already. It waits for an answer.")) from None
    audit.record(action="crm.correction.asked", of=made, by=by, changes=audit.created(made, ASKED))
    return made


@transaction.atomic
def accept_correction(*, correction: Correction, answer: str = "", by: Any, at: datetime) -> Correction:
    """Put it right. A field is changed as anybody would change it; a note is amended with the words of the answer.

    Raises `CorrectionAnswered`, `RecordMovedOn`, `NotTheirsToCorrect`, or what the change raises.
    """
    locked = _to_answer(correction, by=by)
    if locked.field:
        _change_field(locked, by=by, at=at)
    elif locked.note is not None:
        amend_note(note=locked.note, text=answer, reason=_("Asked for by whom it is about"), by=by, at=at)
    return _settle(locked, CorrectionState.ACCEPTED, answer, by=by, at=at)


@transaction.atomic
def keep_beside(*, correction: Correction, answer: str = "", by: Any, at: datetime) -> Correction:
    """Leave a note as it is, and keep the words of whom it is about beside it."""
    locked = _to_answer(correction, by=by)
    if locked.note is None:
        raise CorrectionInvalid(_("Only words about a note are kept beside it."))
    locked.is_beside = True
    return _settle(locked, CorrectionState.ACCEPTED, answer, by=by, at=at)


@transaction.atomic
def refuse_correction(*, correction: Correction, answer: str, by: Any, at: datetime) -> Correction:
    """Leave it as it is, and say why. Raises `CorrectionInvalid`, `CorrectionAnswered` or `NotTheirsToCorrect`."""
    locked = _to_answer(correction, by=by)
    if not answer.strip():
        sentence = _("Say why: they read it on the portal.")
        raise CorrectionInvalid(sentence, fields={"answer": [sentence]})
    return _settle(locked, CorrectionState.REFUSED, answer, by=by, at=at)


def _to_answer(correction: Correction, *, by: Any) -> Correction:
    locked: Correction = lock_row(Correction.objects.for_display(), correction.pk)
    if not by.has_perm("crm.answer_correction", locked):
        raise NotTheirsToCorrect(_("Your role does not allow this for this record."))
    if not locked.is_waiting:
        raise CorrectionAnswered(_("Somebody has answered this meanwhile."))
    return locked


def _change_field(locked: Correction, *, by: Any, at: datetime) -> None:
    patient = lock_row(Patient.objects.select_related("client"), locked.patient_id)
    present = present_values(patient)[locked.field]
    if present == locked.right:
        return
    if present != locked.stands:
        sentence = _("The record says “%(present)s” by now. Look at it, and ask them what is right.")
        raise RecordMovedOn(sentence % {"present": present}, present=present)
    details, contact = changed_person(patient=patient, wanted={locked.field: locked.right})
    change_patient(patient=patient, details=details, contact=contact, by=by, at=at)


def _settle(locked: Correction, state: CorrectionState, answer: str, *, by: Any, at: datetime) -> Correction:
    before = audit.snapshot(locked, ANSWERED)
    locked.state, locked.answer = state, answer.strip()
    locked.answered_at, locked.answered_by_id, locked.answered_by_name = at, by.pk, str(by)
    locked.save(update_fields=ANSWERED)
    action = f"crm.correction.{state}"
    audit.record(action=action, of=locked, by=by, changes=audit.difference(before, locked))
    send(
        cause=f"crm.correction:{locked.pk}",
        composer="modules.crm.messages.compose_correction",
        about={"correction_id": str(locked.pk)},
        at=at,
    )
    return locked


def _check(wish: Wish, patient: Patient, *, stands: str, by: Any) -> None:
    problems: dict[str, list[str]] = {}
    right = wish.right.strip()
    if wish.field and wish.field not in FIELDS:
        problems["field"] = [_("Choose what is not right.")]
    elif wish.field and (not right or len(right) > LONGEST_VALUE):
        problems["right"] = [_("Write what is right.")]
    elif wish.field and right == stands:
        problems["right"] = [_("That is what is kept already.")]
    elif wish.field == "patient.birth_date" and not _is_day(right):
        problems["right"] = [_("Write the date as year, month and day: 1984-05-23.")]
    if not wish.field and not wish.words.strip():
        problems["words"] = [_("Say what is not right, and what is.")]
    if len(wish.words) > LONGEST_STATEMENT:
        problems["words"] = [_("At most 2000 letters.")]
    if (wish.field and (wish.note_id or wish.document_id)) or not _is_theirs(wish, patient, by=by):
        problems["field"] = [_("Choose what is not right.")]
    if problems:
        raise CorrectionInvalid(" ".join(each for all_of in problems.values() for each in all_of), fields=problems)


def _is_theirs(wish: Wish, patient: Patient, *, by: Any) -> bool:
    """Test whether what the words are about is something of theirs that they see."""
    notes, papers = Note.objects.visible_to(by), Document.objects.visible_to(by)
    return all(
        rows.filter(pk=pk, patient=patient).exists()
        for rows, pk in ((notes, wish.note_id), (papers, wish.document_id))
        if pk is not None
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) <= date.max
    except ValueError:
        return False
