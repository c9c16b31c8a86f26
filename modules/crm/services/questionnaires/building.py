"""What people are asked to fill in: write a form, publish it, ask nobody any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.crm.domain.questionnaires.content import Content, Flaw, Found, flaws_of
from modules.crm.models import FormPurpose, Occasion, Questionnaire, QuestionnaireVersion
from modules.crm.models.questionnaires import LONGEST_FORM_NAME

MOST_DAYS = 365


class FormNotRight(Invalid):
    """What was given makes no form that anybody could fill in; `fields` says where."""

    code = "form-invalid"


class FormDraftChanged(Conflict):
    """Somebody else changed the draft meanwhile."""

    code = "form-draft-changed"


class FormEnded(Conflict):
    """Nobody is asked for it any more."""

    code = "form-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDetails:
    """What a form is called, whom it is for, and when it is asked for by itself."""

    name: str
    purpose: str = FormPurpose.INTAKE
    is_clinical: bool = True
    occasion: str = Occasion.BY_HAND
    after: int = 0
    due_days: int = 7
    remind_days: int = 3


@transaction.atomic
def add_questionnaire(*, details: FormDetails, content: Content | None = None, by: Any) -> Questionnaire:
    """Add a form. People can be asked once a version of it is published. Raises `FormNotRight`."""
    details = _checked(details, besides=None)
    draft = content or Content.model_validate({"sections": [{}]})
    _check(draft, complete=False)
    added = Questionnaire.objects.create(**asdict(details), draft=draft.model_dump(mode="json"))
    audit.record(action="crm.questionnaire.added", of=added, by=by, changes=audit.created(added, asdict(details)))
    return added


@transaction.atomic
def change_questionnaire(*, questionnaire: Questionnaire, details: FormDetails, by: Any) -> Questionnaire:
    """Call it something else, or ask for it at another time. What it asks stays. Raises `FormNotRight`."""
    changed = _locked(questionnaire)
    details = _checked(details, besides=changed)
    before = audit.snapshot(changed, asdict(details))
    for name, value in asdict(details).items():
        setattr(changed, name, value)
    if changes := audit.difference(before, changed):
        changed.save(update_fields=list(changes))
        audit.record(action="crm.questionnaire.changed", of=changed, by=by, changes=changes)
    return changed


@transaction.atomic
def write_form(*, questionnaire: Questionnaire, content: Content, number: int, by: Any) -> Questionnaire:
    """Write what the next version asks. `number` is the state of the draft that the writer had before them.

    Raises `FormDraftChanged`, `FormEnded` or `FormNotRight`.
    """
    written = _locked(questionnaire)
    draft = content.model_dump(mode="json")
    if draft == written.draft:
        return written
    if number != written.draft_number:
        raise FormDraftChanged(_("Somebody else changed this form meanwhile. Look at it as it is now."))
    _check(content, complete=False)
    written.draft, written.draft_number = draft, number + 1
    written.save(update_fields=["draft", "draft_number"])
    changes = {"draft_number": (number, number + 1)}
    audit.record(action="crm.questionnaire.written", of=written, by=by, changes=changes)
    return written


@transaction.atomic
def publish_form(*, questionnaire: Questionnaire, number: int, by: Any, at: datetime) -> QuestionnaireVersion:
    """Have people asked what the draft asks from now on. Who has an earlier version before them finishes that.

    Publishing the same once more returns it. Raises `FormDraftChanged`, `FormEnded` or `FormNotRight`.
    """
    written = _locked(questionnaire)
    if number != written.draft_number:
        raise FormDraftChanged(_("Somebody else changed this form meanwhile. Look at it as it is now."))
    _check(written.content, complete=True)
    latest = written.versions.order_by("-number").first()
    if latest is not None and latest.parts == written.draft:
        return latest
    who = {"published_at": at, "published_by_id": getattr(by, "pk", None), "published_by_name": str(by)}
    version = QuestionnaireVersion.objects.create(
        questionnaire=written, number=latest.number + 1 if latest else 1, parts=written.draft, **who
    )
    changes = {"version": (latest.number if latest else None, version.number)}
    audit.record(action="crm.questionnaire.published", of=written, by=by, changes=changes)
    return version


@transaction.atomic
def end_questionnaire(*, questionnaire: Questionnaire, by: Any, at: datetime) -> None:
    """Ask nobody any more. Who was asked can still fill it in, and what was answered stays."""
    ended = lock_row(Questionnaire.objects.all(), questionnaire.pk)
    if ended.ended_at is None:
        ended.ended_at = at
        ended.save(update_fields=["ended_at"])
        audit.record(action="crm.questionnaire.ended", of=ended, by=by, changes={"ended_at": (None, at)})


def _locked(questionnaire: Questionnaire) -> Questionnaire:
    found = lock_row(Questionnaire.objects.all(), questionnaire.pk)
    if found.ended_at is not None:
        raise FormEnded(_("Nobody is asked for this form any more."))
    return found


def _check(content: Content, *, complete: bool) -> None:
    flaws = [found for found in flaws_of(content) if complete or found.flaw is not Flaw.EMPTY]
    if flaws:
        fields: dict[str, list[str]] = {}
        for found in flaws:
            fields.setdefault(found.key or "form", []).append(sentence_of(found))
        raise FormNotRight(" ".join(dict.fromkeys(_sentences(flaws))), fields=fields)


def _sentences(flaws: Iterable[Found]) -> list[str]:
    return [sentence_of(found) for found in flaws]


def sentence_of(found: Found) -> str:
    """Return what is wrong with a form, to whoever writes it."""
    sentences = {
        Flaw.EMPTY: _("A form asks at least one question."),
        Flaw.TOO_LONG: _("A form has at most a hundred questions."),
        Flaw.KEY_TWICE: _("Two questions have the same key."),
        Flaw.CHOICES: _("A question to choose from has two different answers at least, and no other question has any."),
        Flaw.RANGE: _("Only a number has a unit and bounds, and the lower bound is not above the upper."),
        Flaw.CONDITION: _("A question can depend on an answer that is chosen or yes and no, and asked for before it."),
        Flaw.FIELD: _("This field of the person does not fit the kind of question, or is never shown beforehand."),
        Flaw.SIGNATURE: _("There is one signature at most, and nothing comes after it."),
        Flaw.SCORE: _("A score is made of scales, numbers, yes and no, and choices that all have points."),
        Flaw.MISSING: _("Answers may be missing from a score only if all its questions have the same bounds."),
        Flaw.BANDS: _("What a score means begins at rising numbers."),
    }
    return sentences[found.flaw]


def _checked(details: FormDetails, *, besides: Questionnaire | None) -> FormDetails:
    problems: dict[str, list[str]] = {}
    name = " ".join(details.name.split())
    others = Questionnaire.objects.filter(name__iexact=name, ended_at=None)
    if not 0 < len(name) <= LONGEST_FORM_NAME:
        problems["name"] = [_("A name of at most 80 letters is needed.")]
    elif any(other != besides for other in others):
        problems["name"] = [_("There is a form of this name already.")]
    if details.purpose not in FormPurpose.values:
        problems["purpose"] = [_("Choose what it is for.")]
    if details.occasion not in Occasion.values:
        problems["occasion"] = [_("Choose when it is asked for.")]
    if details.occasion in (Occasion.AFTER_VISIT, Occasion.IN_EPISODE) and not 1 <= details.after <= MOST_DAYS:
        problems["after"] = [_("Say after how many: 1 to 365.")]
    if not 1 <= details.due_days <= MOST_DAYS:
        problems["due_days"] = [_("Between 1 and 365 days.")]
    if not 0 <= details.remind_days <= MOST_DAYS:
        problems["remind_days"] = [_("Between 1 and 365 days; 0 is never.")]
    if problems:
        raise FormNotRight(" ".join(each for sentences in problems.values() for each in sentences), fields=problems)
    return FormDetails(**(asdict(details) | {"name": name}))
