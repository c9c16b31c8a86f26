"""Forms: what they ask, of whom they are asked, and what was answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from access.fields import seen_value
from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.questionnaires.content import Content
from modules.crm.models import AskedForm, FilledForm, QuestionnaireVersion
from modules.crm.models.questionnaires import LONGEST_FORM_NAME
from modules.crm.schemas.consents import RelationName
from modules.crm.selectors.curves import Curve
from modules.crm.selectors.questionnaires import (
    Listed,
    Proposal,
    Told,
    prefilled,
    proposals_of,
    state_of_person,
    told,
)
from modules.crm.services import Before, FormDetails, Sending, Signer

PurposeName = Literal["INTAKE", "OUTCOME"]
OccasionName = Literal["BY_HAND", "NEW_PATIENT", "FIRST_VISIT", "AFTER_VISIT", "IN_EPISODE"]
StateName = Literal["ASKED", "SUBMITTED", "WITHDRAWN"]
AnswersIn = dict[str, Any]


class QuestionnaireIn(Schema):
    """`after` counts days after a visit, or weeks within an episode. `remind_days` of 0 is never."""

    name: str = Field(max_length=LONGEST_FORM_NAME)
    purpose: PurposeName = "INTAKE"
    is_clinical: bool = True
    occasion: OccasionName = "BY_HAND"
    after: int = Field(0, ge=0, le=365)
    due_days: int = Field(7, ge=1, le=365)
    remind_days: int = Field(3, ge=0, le=365)

    def details(self) -> FormDetails:
        return FormDetails(**self.dict())


class QuestionnaireOut(QuestionnaireIn):
    """`draft` is what the next version will ask, `draft_number` the state that it is in; it is sent along to change or
    publish it. `version` is the one that people are asked for now."""

    id: UUID
    version: int | None
    version_id: UUID | None
    draft_number: int
    draft: Content

    @staticmethod
    def of(listed: Listed) -> QuestionnaireOut:
        form, latest = listed
        return QuestionnaireOut(
            id=form.pk,
            **{name: getattr(form, name) for name in QuestionnaireIn.model_fields},
            version=latest.number if latest else None,
            version_id=latest.pk if latest else None,
            draft_number=form.draft_number,
            draft=form.content,
        )


class FormDraftIn(Schema):
    draft_number: int = Field(ge=1)
    content: Content


class FormPublicationIn(Schema):
    draft_number: int = Field(ge=1)


class FormVersionOut(Schema):
    """`answers_schema` is the JSON Schema (2020-12) that answers are held against."""

    id: UUID
    questionnaire_id: UUID
    name: str
    number: int
    published_at: Moment
    content: Content
    answers_schema: dict[str, Any]

    @staticmethod
    def of(version: QuestionnaireVersion, *, schema: dict[str, Any]) -> FormVersionOut:
        return FormVersionOut(
            id=version.pk,
            questionnaire_id=version.questionnaire_id,
            name=version.questionnaire.name,
            number=version.number,
            published_at=version.published_at,
            content=version.content,
            answers_schema=schema,
        )


class AskIn(Schema):
    questionnaire_id: UUID
    due_on: date | None = None


class HandedOverOut(Schema):
    """Where the form is filled in, on the device that is handed over."""

    address: str


class AskedFormOut(Schema):
    id: UUID
    patient_id: UUID
    version_id: UUID
    name: str
    state: StateName
    due_on: date
    asked_at: Moment
    asked_by_name: str
    reminders: int
    is_begun: bool
    is_reviewed: bool

    @staticmethod
    def of(asked: AskedForm) -> AskedFormOut:
        filled = asked.answered
        return AskedFormOut(
            id=asked.pk,
            patient_id=asked.patient_id,
            version_id=asked.version_id,
            name=asked.name,
            state=cast("StateName", asked.state),
            due_on=asked.due_on,
            asked_at=asked.asked_at,
            asked_by_name=asked.asked_by_name,
            reminders=asked.reminders,
            is_begun=asked.draft is not None,
            is_reviewed=filled is not None and filled.is_reviewed,
        )


class InWorkOut(Schema):
    """What one has typed so far, or what a form begins with. `seen` is sent along to save more."""

    content: Content
    answers: dict[str, Any]
    prefilled: dict[str, str]
    seen: str

    @staticmethod
    def of(asked: AskedForm) -> InWorkOut:
        draft, content = asked.draft, asked.version.content
        return InWorkOut(
            content=content,
            answers=draft.answers if draft else {},
            prefilled=prefilled(asked.patient, content),
            seen=str(draft.revision) if draft else "",
        )


class InWorkIn(Schema):
    """Answers to some questions; null for one that was cleared. `seen` is the state that one had before one, `tab` and
    `step` which window saves and how far it is, `replaces` that one has seen the other answers."""

    answers: AnswersIn
    seen: str = Field("", max_length=20)
    tab: str = Field("", max_length=40)
    step: int = Field(0, ge=0, le=2_000_000_000)
    replaces: bool = False

    def before(self) -> Before:
        return Before(seen=self.seen, tab=self.tab, step=self.step, replaces=self.replaces)


class SavedOut(Schema):
    seen: str


class SubmissionIn(Schema):
    """All answers. Where the form is signed: by whom, and `drawing` as for an agreement, or the name alone."""

    answers: AnswersIn
    signer_name: str = Field("", max_length=150)
    relation: RelationName = "SELF"
    agreed: bool = False
    drawing: list[list[int]] | None = Field(None, max_length=100)

    def sending(self, *, drawing: str, ip: str, user_agent: str) -> Sending:
        signer = Signer(name=self.signer_name, relation=self.relation)
        return Sending(signer=signer, drawing=drawing, agreed=self.agreed, ip=ip, user_agent=user_agent)


class AnswerOut(Schema):
    key: str
    question: str
    answer: str

    @staticmethod
    def of(told: Told) -> AnswerOut:
        return AnswerOut(key=told.question.key, question=told.question.text, answer=told.answer)


class ProposalOut(Schema):
    """An answer that may be taken over. `present` is null for whoever may not see the field."""

    key: str
    field: str
    answer: str
    present: str | None
    is_same: bool
    may_take: bool

    @staticmethod
    def of(proposal: Proposal) -> ProposalOut:
        question = proposal.question
        told = {name: getattr(proposal, name) for name in ("answer", "present", "is_same", "may_take")}
        return ProposalOut(key=question.key, field=question.field, **told)


class ScoreOut(Schema):
    """`value` is null if too few of the questions were answered."""

    value: Decimal | None
    meaning: str


class FilledFormOut(Schema):
    """What somebody answered. `seen` is the state of the fields that it may be taken over into."""

    id: UUID
    asked_id: UUID
    patient_id: UUID
    version_id: UUID
    name: str
    at: Moment
    by_link: bool
    values: dict[str, Any] | None
    answers: list[AnswerOut]
    score: ScoreOut | None
    signer_name: str
    relation: str
    drawing: str
    text_digest: str
    reviewed_at: Moment | None
    reviewed_by_name: str
    proposals: list[ProposalOut]
    seen: str

    @staticmethod
    def of(filled: FilledForm, *, seen_by: Any) -> FilledFormOut:
        text = seen_value(seen_by, filled, "text")
        values = filled.answers if text is not None else None
        shown = told(filled.version.content, values or {})
        review = filled.review if filled.is_reviewed else None
        result = filled.result if values is not None else None
        return FilledFormOut(
            id=filled.pk,
            asked_id=filled.asked_id,
            patient_id=filled.patient_id,
            version_id=filled.version_id,
            name=filled.name,
            at=filled.at,
            by_link=filled.by_link,
            values=values,
            answers=[AnswerOut.of(each) for each in shown],
            score=ScoreOut(**{name: result[name] for name in ("value", "meaning")}) if result else None,
            signer_name=filled.signer_name,
            relation=filled.relation,
            drawing=filled.drawn,
            text_digest=filled.text_digest,
            reviewed_at=review.at if review else None,
            reviewed_by_name=review.by_name if review else "",
            proposals=[ProposalOut.of(each) for each in proposals_of(filled, seen_by=seen_by)],
            seen=state_of_person(filled),
        )


class TakingIn(Schema):
    """Which answers are taken over. `seen` is the state of the fields that was shown beside them."""

    keys: list[str] = Field(min_length=1, max_length=100)
    seen: str = Field(max_length=64)


class ScoredOut(Schema):
    at: Moment
    value: Decimal
    meaning: str


class CurveOut(Schema):
    """How a score went. `least` and `most` are between which two it lies; null if that is not known."""

    name: str
    least: Decimal | None
    most: Decimal | None
    scores: list[ScoredOut]

    @staticmethod
    def of(curve: Curve) -> CurveOut:
        least, most = curve.span or (None, None)
        scores = [ScoredOut(at=each.at, value=each.value, meaning=each.meaning) for each in curve.scores]
        return CurveOut(name=curve.name, least=least, most=most, scores=scores)


class CurvesOut(Schema):
    items: list[CurveOut]
