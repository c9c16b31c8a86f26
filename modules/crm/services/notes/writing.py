"""Write a note as a draft: typed, saved every few seconds, kept as a version now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.body.marks import BodyChart, write_chart
from modules.crm.domain.notes import SOAP
from modules.crm.models import Level, Note, NoteDraft, Patient, StaffDiscipline
from modules.crm.services.care import NotInCare
from modules.crm.services.notes.charting import charted

LONGEST_SECTION = 20_000
KEPT_EVERY = timedelta(minutes=10)  # what is typed in one go of this length becomes one version
SETTINGS = ("shared_with_patient", "level", "discipline_id")


class NoteIsSigned(Conflict):
    """A signed note never changes."""

    code = "note-signed"


class NoteInvalid(Invalid):
    code = "note-invalid"


class NotYourNote(NotAllowed):
    """The draft is a colleague's."""

    code = "note-of-colleague"


class NoteInUse(Conflict):
    """Something hangs on it: what was used, or done."""

    code = "note-in-use"


class NoteChanged(Conflict):
    """Somebody, perhaps oneself in another window, has saved another text since."""

    code = "note-changed"

    def __init__(self, note: Note) -> None:
        self.note = note
        who, when = note.last_written
        super().__init__(_("This note was changed meanwhile, by %(who)s. Nothing was overwritten.") % {"who": who})
        chart = asdict(note.body_chart)
        self._extra = {"seen": note.seen, "sections": note.texts, "written_by": who, "written_at": when} | {
            name: chart[name] for name in ("figure", "marks", "pain")
        }

    def extra(self) -> dict[str, object]:
        return dict(self._extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was typed and marked. A section that is not named stays as it is; so does what is None.

    A mark has a view, a place or the name of a region, a kind, perhaps a strength and a text: `domain/body/marks.py`.
    """

    sections: Mapping[str, str]
    shared: bool = False
    level: str | None = None
    marks: Sequence[Mapping[str, Any]] | None = None
    pain: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Which state of the note the writer had before them, in which window, and how far they were in it.

    `replaces` says that they have seen the newer text and put theirs in its place; it stays among the versions.
    """

    seen: str
    tab: str = ""
    step: int = 0
    replaces: bool = False


@transaction.atomic
def begin_note(*, patient: Patient, appointment_id: UUID | None = None, by: Any, at: datetime) -> Note:
    """Begin a note about a patient; of a visit there is one, which is returned if it is there. Raises `NotInCare`."""
    note = _found_or_new(patient, appointment_id, by=by, at=at)
    if note._state.adding:
        note.save()
        audit.record(action="crm.note.begun", of=note, by=by)
    return note


@transaction.atomic
def save_note(
    *,
    patient: Patient,
    appointment_id: UUID | None,
    sections: Mapping[str, str],
    shared: bool,
    level: str | None = None,
    by: Any,
    at: datetime,
) -> Note:
    """Write a visit's draft, or write it again, and keep it as a version. There is one note per visit, and whoever the
    visit is with now is its author. Raises `NotInCare`, `NoteIsSigned` or `NoteInvalid`."""
    note = _found_or_new(patient, appointment_id, by=by, at=at)
    _check_unsigned(note)
    keep_draft(note)
    note.author_id, note.author_name = by.pk, str(by)
    before = audit.snapshot(note, (*SOAP, "further", *SETTINGS))
    whole = dict.fromkeys(note.headings, "") | dict(sections)
    _set(note, Written(sections=whole, shared=shared, level=level), by=by)
    _keep(note, _cleaned(note, whole), note.chart, by_name=str(by), at=at)
    audit.record(action="crm.note.drafted", of=note, by=by, changes=audit.difference(before, note))
    return note


@transaction.atomic
def save_draft(*, note: Note, written: Written, before: Before, by: Any, at: datetime) -> Note:
    """Save what is being typed. Raises `NoteChanged` if another text was saved since, `NoteIsSigned`, `NotInCare`,
    `NotYourNote`, `NoteInvalid` or `ChartInvalid`."""
    note = locked_note(note)
    check_may_write(note, by=by)
    texts = _cleaned(note, written.sections)
    chart = charted(note, marks=written.marks, pain=written.pain)
    draft = note.in_work
    if _is_of_window(draft, before, by=by) and before.step < draft.step:
        return note
    _check_latest(note, texts, chart, before, by=by)
    settings = _set(note, written, by=by)
    draft = note.in_work
    if draft and (not _is_of_window(draft, before, by=by) or at - draft.begun_at >= KEPT_EVERY or before.replaces):
        keep_draft(note)
        draft = None
    if draft is None or settings:  # once for what is typed in one go, not every few seconds
        audit.record(action="crm.note.drafted", of=note, by=by, changes=settings)
    if draft is None:
        draft = NoteDraft(note=note, begun_at=at, by_id=by.pk, by_name=str(by), revision=0)
        draft.texts = note.kept_texts
    draft.texts, draft.chart = draft.texts | texts, write_chart(chart)
    draft.revision += 1
    draft.tab, draft.step, draft.saved_at = before.tab, before.step, at
    draft.save()
    note.draft = draft
    return note


@transaction.atomic
def keep_note(*, note: Note, written: Written, before: Before, by: Any, at: datetime) -> Note:
    """Save what was typed and keep it as a version. Raises what `save_draft` raises."""
    note = save_draft(note=note, written=written, before=before, by=by, at=at)
    keep_draft(note)
    audit.record(action="crm.note.kept", of=note, by=by)
    return note


@transaction.atomic
def discard_note(*, note: Note, by: Any) -> None:
    """Throw a draft away that should not be. Its history stays.

    Raises `NoteIsSigned`, `NotYourNote`, or `NoteInUse` where what was used or done stands in it.
    """
    note = locked_note(note)
    check_may_write(note, by=by)
    if note.author_id != by.pk:
        raise NotYourNote(_("Only its author throws a draft away."))
    keep_draft(note)
    audit.record(action="crm.note.discarded", of=note, by=by)
    try:
        note.delete()
    except ProtectedError:
        raise NoteInUse(
            _("Materials or treatments stand in this note, so it stays: they have to lead to it.")
        ) from None


def keep_draft(note: Note) -> None:
    """Make what is in work the version of the note, in its row; what the row said goes to its history."""
    draft = note.in_work
    if draft is None:
        return
    _keep(note, draft.texts, draft.chart, by_name=draft.by_name, at=draft.saved_at)
    draft.delete()
    note._meta.get_field("draft").set_cached_value(note, None)


def _found_or_new(patient: Patient, appointment_id: UUID | None, *, by: Any, at: datetime) -> Note:
    """Return the note of a visit, locked, or one that is not in the database yet."""
    _check_care(patient, by=by)
    if appointment_id:
        lock_row(Patient.objects.all(), patient.pk, no_key=True)  # two who begin the note of one visit meet here
        if note := Note.objects.filter(appointment_id=appointment_id).first():
            return locked_note(note)
    who = {"author_id": by.pk, "author_name": str(by), "discipline_id": discipline_of(by.pk)}
    return Note(patient=patient, appointment_id=appointment_id, written_at=at, **who)


def discipline_of(user_id: UUID) -> UUID | None:
    return StaffDiscipline.objects.filter(user_id=user_id).values_list("discipline_id", flat=True).first()


def check_may_write(note: Note, *, by: Any) -> None:
    """Raise `NoteIsSigned`, `NotInCare` or `NotYourNote` unless they write in this note.

    A visit's note is its author's, a note without a visit also that of colleagues who have the patient in their care
    and to whom its level opens it.
    """
    _check_unsigned(note)
    _check_care(note.patient, by=by)
    is_open = note.appointment_id is None and Note.objects.visible_to(by).filter(pk=note.pk).exists()
    if note.author_id != by.pk and not is_open:
        raise NotYourNote(_("This draft is a colleague’s. Write a note of your own."))


def _keep(note: Note, texts: Mapping[str, str], chart: str, *, by_name: str, at: datetime) -> None:
    if texts != note.kept_texts or chart != note.chart:
        note.keep(texts, chart)
        note.version += 0 if note._state.adding else 1
    note.written_by_name = "" if by_name == note.author_name else by_name
    note.written_at = at
    note.save()


def _set(note: Note, written: Written, *, by: Any) -> dict[str, tuple[Any, Any]]:
    """Set who else reads it, at once, for that cannot wait for the next version. Return what changed."""
    before = audit.snapshot(note, SETTINGS)
    level = written.level or note.level
    if level not in Level:
        raise NoteInvalid(_("There is no such level."), fields={"level": [_("Choose one of the levels.")]})
    if level != note.level and note.author_id != by.pk:
        raise NotYourNote(_("Only its author says who reads a note."))
    discipline_id = discipline_of(note.author_id)
    if level == Level.DISCIPLINE and discipline_id is None:
        sentence = _("Nobody has said yet what your discipline is: an owner or administrator does, in the settings.")
        raise NoteInvalid(sentence, fields={"level": [sentence]})
    if level == Level.MINE and written.shared:
        sentence = _("What only you read cannot be shown to the patient.")
        raise NoteInvalid(sentence, fields={"shared": [sentence]})
    note.level, note.shared_with_patient, note.discipline_id = level, written.shared, discipline_id
    changes = audit.difference(before, note)
    if changes and not note._state.adding:
        note.save(update_fields=SETTINGS)
    return changes


def _check_latest(note: Note, texts: Mapping[str, str], chart: BodyChart, before: Before, *, by: Any) -> None:
    """Raise `NoteChanged` unless this is the next word of whoever wrote last, or the same word again."""
    is_next = before.seen == note.seen or _is_of_window(note.in_work, before, by=by)
    is_same = chart == note.body_chart and all(note.texts.get(name) == text for name, text in texts.items())
    if not (is_next or is_same):
        raise NoteChanged(note)


def _is_of_window(draft: NoteDraft | None, before: Before, *, by: Any) -> TypeGuard[NoteDraft]:
    """Test whether the draft was saved last by the very window that is saving now."""
    return draft is not None and bool(before.tab) and (draft.tab, draft.by_id) == (before.tab, by.pk)


def _cleaned(note: Note, sections: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in sections if name not in note.headings]
    if unknown:
        raise NoteInvalid(_("This note has no such section."), fields={name: [_("Unknown.")] for name in unknown})
    cleaned = {name: text.replace("\r\n", "\n") for name, text in sections.items()}
    if long := [name for name, text in cleaned.items() if len(text) > LONGEST_SECTION]:
        sentence = _("A section has at most %(most)s characters.") % {"most": LONGEST_SECTION}
        raise NoteInvalid(sentence, fields={name: [sentence] for name in long})
    return cleaned


def _check_care(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.write_note", patient):
        raise NotInCare(_("You write about patients in your care only. Have this one handed over to you."))


def _check_unsigned(note: Note) -> None:
    if note.is_signed:
        raise NoteIsSigned(_("This note is signed. It can no longer be changed."))


def locked_note(note: Note) -> Note:
    """Return a note that nobody else writes in before this transaction is over."""
    return lock_row(Note.objects.select_related("patient", "draft", "template_version"), note.pk)
