"""Fill a form in: kept while it is typed, sent once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from modules.crm.domain.questionnaires.answers import Wrong, is_keepable, problems_in
from modules.crm.domain.questionnaires.content import Content
from modules.crm.domain.questionnaires.scores import score_of
from modules.crm.events import FormSubmitted
from modules.crm.models import AskedForm, FilledForm, FormDraft, FormState
from modules.crm.services.notes.writing import Before
from modules.crm.services.questionnaires.asking import FormDone, locked_form, settle_form
from modules.crm.services.signatures import (
    LONGEST_AGENT,
    LONGEST_SIGNER,
    Signer,
    address_in,
    problems_of,
    read_drawing,
)


class AnswersInvalid(Invalid):
    """An answer is missing or not what was asked for; `fields` says which."""

    code = "form-answers-invalid"


class FormWithdrawn(Conflict):
    """The practice does not need it any more."""

    code = "form-withdrawn"


class FormChanged(Conflict):
    """Another device, or another window, saved other answers since."""

    code = "form-changed"

    def __init__(self, asked: AskedForm, draft: FormDraft) -> None:
        self.asked, self.draft = asked, draft
        super().__init__(_("This form was filled in on another device meanwhile. Nothing was overwritten."))

    def extra(self) -> dict[str, object]:
        return {"seen": str(self.draft.revision), "answers": self.draft.answers, "saved_at": self.draft.saved_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a form is sent: signed by whom, with which drawing, and from where."""

    signer: Signer | None = None
    drawing: str = ""
    agreed: bool = False
    by_link: bool = False
    ip: str = ""
    user_agent: str = ""


@transaction.atomic
def save_answers(
    *,
    asked: AskedForm,
    answers: Mapping[str, Any],
    of: Collection[str],
    before: Before,
    by: Any,
    at: datetime,
) -> FormDraft:
    """Keep what is typed so far into the questions `of`; the answers to others stay. Nothing is checked but its size.

    A question that was cleared is kept as None: it does not begin anew with what is known of the person.
    Raises `FormChanged`, `FormDone`, `FormWithdrawn` or `AnswersInvalid`.
    """
    asked = locked_form(asked.pk)
    check_waits(asked)
    draft = asked.draft
    if _is_of_window(draft, before) and draft is not None and before.step < draft.step:
        return draft
    kept = draft.answers if draft else {}
    merged = kept | dict.fromkeys(of) | {key: value for key, value in answers.items() if key in of}
    if not is_keepable(asked.version.content, merged):
        raise AnswersInvalid(_("This is more than a form can hold, or an answer to another form."))
    if draft is None:
        draft = FormDraft(asked=asked)
        audit.record(action="crm.askedform.begun", of=asked, by=by)
    elif not (before.seen == str(draft.revision) or before.replaces or _is_of_window(draft, before) or merged == kept):
        raise FormChanged(asked, draft)
    draft.answers = merged
    draft.revision += 1
    draft.tab, draft.step, draft.saved_at = before.tab, before.step, at
    draft.save()
    return draft


@transaction.atomic
def submit_form(*, asked: AskedForm, answers: Mapping[str, Any], sending: Sending, by: Any, at: datetime) -> FilledForm:
    """Send the answers: they never change again. Sending the same once more returns what was sent first.

    Raises `AnswersInvalid`, `FormDone` or `FormWithdrawn`.
    """
    asked = locked_form(asked.pk)
    given = {key: value for key, value in answers.items() if value is not None}
    found = digest_of(content=asked.version.content, answers=given)
    if asked.answered is not None and asked.answered.text_digest == found:
        return asked.answered
    check_waits(asked)
    problems = sentences_of(problems_in(asked.version.content, given))
    signed = _signed(asked.version.content, sending, problems)
    if problems:
        sentences = dict.fromkeys(sentence for each in problems.values() for sentence in each)
        raise AnswersInvalid(" ".join(sentences), fields=problems)
    filled = FilledForm.objects.create(
        asked=asked,
        patient=asked.patient,
        version=asked.version,
        text=json.dumps(given, ensure_ascii=False),
        score=_score(asked.version.content, given),
        text_digest=found,
        at=at,
        by_link=sending.by_link,
        ip=address_in(sending.ip),
        user_agent=sending.user_agent[:LONGEST_AGENT],
        **signed,
    )
    settle_form(asked=asked, state=FormState.SUBMITTED)
    audit.record(action="crm.askedform.submitted", of=asked, by=by, changes={"state": (FormState.ASKED, asked.state)})
    told = audit.created(filled, ["version_id", "text", "score", "signer_name", "relation", "drawing", "text_digest"])
    audit.record(action="crm.filledform.sent", of=filled, by=by, changes=told)
    publish(FormSubmitted(filled_id=filled.pk, patient_id=filled.patient_id))
    return filled


def check_waits(asked: AskedForm) -> None:
    """Raise `FormDone` or `FormWithdrawn` unless it waits to be filled in."""
    if asked.state == FormState.SUBMITTED:
        raise FormDone(_("This form has been sent already."))
    if asked.state == FormState.WITHDRAWN:
        raise FormWithdrawn(_("This form is not needed any more."))


def digest_of(*, content: Content, answers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the questions and the answers."""
    whole = json.dumps([content.model_dump(mode="json"), dict(answers)], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def sentences_of(problems: Mapping[str, Wrong]) -> dict[str, list[str]]:
    """Return what is wrong with which answer, to whoever gave it."""
    sentences = {
        Wrong.MISSING: _("This needs an answer."),
        Wrong.NOT_ASKED: _("This is not asked."),
        Wrong.TOO_LONG: _("This is too long."),
        Wrong.OUT_OF_RANGE: _("This is too little or too much."),
        Wrong.NOT_OF_ITS_KIND: _("This is not an answer to the question."),
    }
    return {key: [sentences[wrong]] for key, wrong in problems.items()}


def _signed(content: Content, sending: Sending, problems: dict[str, list[str]]) -> dict[str, str]:
    """Return what is kept of the signature; nothing where none is asked for."""
    if not content.is_signed:
        return {}
    signer = sending.signer or Signer(name="")
    problems |= problems_of(signer)
    if not sending.agreed:
        problems["agreed"] = [_("Tick that this is true to your knowledge.")]
    if len(signer.name) > LONGEST_SIGNER:
        problems["signer_name"] = [_("This is too long.")]
    drawing = read_drawing(sending.drawing, problems=problems)
    return {"signer_name": " ".join(signer.name.split()), "relation": signer.relation, "drawing": drawing}


def _score(content: Content, answers: Mapping[str, Any]) -> str:
    score = score_of(content, answers)
    if score is None:
        return ""
    return json.dumps(asdict(score) | {"value": None if score.value is None else str(score.value)})


def _is_of_window(draft: FormDraft | None, before: Before) -> bool:
    """Test whether the answers were saved last by the very window that is saving now."""
    return draft is not None and bool(before.tab) and draft.tab == before.tab
