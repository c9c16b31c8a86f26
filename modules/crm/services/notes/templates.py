"""The forms that notes are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotFound
from kernel.locking import lock_row
from modules.crm.models import Note, NoteTemplate, NoteTemplateVersion
from modules.crm.models.note_setup import LONGEST_TEMPLATE_NAME
from modules.crm.services.notes.writing import check_may_write, locked_note

MOST_SECTIONS, LONGEST_HEADING, LONGEST_PROMPT = 12, 60, 300


class TemplateInvalid(Invalid):
    code = "note-template-invalid"


class NoSuchTemplate(NotFound):
    code = "note-template-unknown"


class NoteHasText(Conflict):
    """Its sections belong to the form that it was begun in."""

    code = "note-has-text"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDetails:
    """`parts` are headings with what is asked for under each, in their order."""

    name: str
    parts: Sequence[tuple[str, str]]


@transaction.atomic
def add_template(*, details: TemplateDetails, by: Any, at: datetime) -> NoteTemplateVersion:
    """Add a form for notes. Raises `TemplateInvalid`."""
    details = _checked(details, besides=None)
    template = NoteTemplate.objects.create(name=details.name)
    audit.record(action="crm.notetemplate.added", of=template, by=by, changes={"name": (None, template.name)})
    return _add_version(template, details, number=1, by=by, at=at)


@transaction.atomic
def change_template(*, template: NoteTemplate, details: TemplateDetails, by: Any, at: datetime) -> NoteTemplateVersion:
    """Change a form. Other sections are a new version; notes keep theirs. Raises `TemplateInvalid`."""
    template = lock_row(NoteTemplate.objects.all(), template.pk)
    details = _checked(details, besides=template)
    before = audit.snapshot(template, ["name"])
    template.name = details.name
    template.save(update_fields=["name"])
    latest = template.versions.order_by("-number")[0]
    changes = audit.difference(before, template)
    is_new = latest.parts != [list(part) for part in details.parts]
    if is_new:
        changes |= {"version": (latest.number, latest.number + 1)}
        latest = _add_version(template, details, number=latest.number + 1, by=by, at=at)
    if changes:
        audit.record(action="crm.notetemplate.changed", of=template, by=by, changes=changes)
    return latest


@transaction.atomic
def end_template(*, template: NoteTemplate, by: Any, at: datetime) -> None:
    """Have nobody begin a note in it any more."""
    template = lock_row(NoteTemplate.objects.all(), template.pk)
    if template.ended_at is None:
        template.ended_at = at
        template.save(update_fields=["ended_at"])
        audit.record(action="crm.notetemplate.ended", of=template, by=by)


@transaction.atomic
def write_in_template(*, note: Note, template_id: UUID | None, by: Any) -> Note:
    """Have a note that has no text yet be written in this form; None is the usual one. Raises `NoSuchTemplate`,
    `NoteHasText` or what `check_may_write` raises."""
    note = locked_note(note)
    check_may_write(note, by=by)
    if any(note.texts.values()):
        raise NoteHasText(_("This note has text already. Begin another one for another form."))
    version = NoteTemplateVersion.objects.current().filter(template=template_id).first() if template_id else None
    if template_id and version is None:
        raise NoSuchTemplate(_("There is no such form for notes any more."))
    if note.in_work:
        note.chart = note.in_work.chart  # what is marked on the body belongs to no form
        note.in_work.delete()
    before = audit.snapshot(note, ["template_version_id"])
    note.template_version = version
    note.version += 1  # windows that have the other form open have another state before them
    note.save(update_fields=["template_version", "version", "chart"])
    audit.record(action="crm.note.drafted", of=note, by=by, changes=audit.difference(before, note))
    return note


def _add_version(
    template: NoteTemplate, details: TemplateDetails, *, number: int, by: Any, at: datetime
) -> NoteTemplateVersion:
    made = {"made_at": at, "made_by_id": by.pk, "made_by_name": str(by)}
    parts = [list(part) for part in details.parts]
    return NoteTemplateVersion.objects.create(template=template, number=number, parts=parts, **made)


def _checked(details: TemplateDetails, *, besides: NoteTemplate | None) -> TemplateDetails:
    problems: dict[str, list[str]] = {}
    name = " ".join(details.name.split())
    parts = [(" ".join(heading.split()), prompt.strip()) for heading, prompt in details.parts]
    others = NoteTemplate.objects.filter(name__iexact=name, ended_at=None)
    if not 0 < len(name) <= LONGEST_TEMPLATE_NAME:
        problems["name"] = [_("A name of at most 80 letters is needed.")]
    elif any(other != besides for other in others):
        problems["name"] = [_("There is a form of this name already.")]
    if not 0 < len(parts) <= MOST_SECTIONS:
        problems["parts"] = [_("One section is needed, and there are at most %(most)s.") % {"most": MOST_SECTIONS}]
    if any(not 0 < len(heading) <= LONGEST_HEADING or len(prompt) > LONGEST_PROMPT for heading, prompt in parts):
        problems["parts"] = [_("A section has a heading of at most 60 letters, and at most 300 of what it asks for.")]
    if problems:
        sentences = " ".join(sentence for each in problems.values() for sentence in each)
        raise TemplateInvalid(sentences, fields=problems)
    return TemplateDetails(name=name, parts=parts)
