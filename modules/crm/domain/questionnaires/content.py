"""A form as data: sections of questions, and how the answers make a score. The words are FHIR's Questionnaire's.

What is read here is well shaped; whether it makes a form that can be filled in is said by `flaws_of`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, StrictInt, StrictStr, StringConstraints

MOST_SECTIONS, MOST_QUESTIONS, MOST_CHOICES, MOST_BANDS = 20, 100, 30, 10
LONGEST_SHORT, LONGEST_LONG = 300, 5_000
FARTHEST = 1_000_000_000  # no number of anybody is beyond this

Kind = Literal["short", "long", "number", "date", "yes_no", "one", "several", "scale", "heading", "signature"]
NOT_ANSWERED: tuple[Kind, ...] = ("heading", "signature")  # a signature is kept beside the answers
CONDITIONS: tuple[Kind, ...] = ("yes_no", "one", "several")  # what another question may depend on
SCORED: tuple[Kind, ...] = ("scale", "number", "one", "yes_no")

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True, pattern=r"^[^\x00]*$")]
FewWords = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True, pattern=r"^[^\x00]*$")]
Label = Annotated[str, StringConstraints(max_length=80, strip_whitespace=True, pattern=r"^[^\x00]*$")]
Number = StrictInt | FiniteFloat


class PersonField(NamedTuple):
    """A field of the person: the kind of question that fits, and how long it may be."""

    kind: Kind
    most: int = 0


FIELDS = {
    "patient.first_name": PersonField("short", 70),
    "patient.last_name": PersonField("short", 70),
    "patient.preferred_name": PersonField("short", 70),
    "patient.birth_date": PersonField("date"),
    "patient.species": PersonField("short", 40),
    "patient.breed": PersonField("short", 60),
    "patient.colour": PersonField("short", 60),
    "patient.tax_code": PersonField("short", 32),
    "client.first_name": PersonField("short", 70),
    "client.last_name": PersonField("short", 70),
    "client.email": PersonField("short", 254),
    "client.phone": PersonField("short", 40),
    "client.street": PersonField("short", 120),
    "client.postal_code": PersonField("short", 16),
    "client.city": PersonField("short", 80),
}
NEVER_PREFILLED = ("patient.tax_code",)  # whoever has the link of a mail is not shown it


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(Part):
    key: Key
    text: Words
    points: StrictInt | None = Field(None, ge=-1000, le=1000)


class Condition(Part):
    """Another question, asked before, and what was answered: yes or no, or the choice that is among those chosen."""

    question: Key
    answer: StrictBool | StrictStr


class Question(Part):
    """`field` is the one of the person that it begins with, or that the answer may be taken over into."""

    key: Key
    kind: Kind
    text: Words
    help: FewWords = ""
    is_required: bool = False
    unit: Label = ""
    least: Number | None = Field(None, ge=-FARTHEST, le=FARTHEST)
    most: Number | None = Field(None, ge=-FARTHEST, le=FARTHEST)
    least_label: Label = ""
    most_label: Label = ""
    choices: tuple[Choice, ...] = Field((), max_length=MOST_CHOICES)
    shown_if: Condition | None = None
    field: str = Field("", max_length=40)
    is_prefilled: bool = False
    is_taken_over: bool = False

    @property
    def is_answered(self) -> bool:
        return self.kind not in NOT_ANSWERED

    @property
    def span(self) -> tuple[Decimal, Decimal] | None:
        """Between which two points for a score lie; None where there are no bounds, or no points."""
        if self.kind == "one":
            points = [Decimal(choice.points) for choice in self.choices if choice.points is not None]
            return (min(points), max(points)) if points else None
        if self.kind == "number" and self.least is not None and self.most is not None:
            return Decimal(str(self.least)), Decimal(str(self.most))
        return {"scale": (Decimal(0), Decimal(10)), "yes_no": (Decimal(0), Decimal(1))}.get(self.kind)

    @property
    def longest(self) -> int:
        """How long the answer may be, if it is a text."""
        longest = LONGEST_SHORT if self.kind == "short" else LONGEST_LONG
        return FIELDS[self.field].most if self.field in FIELDS else longest


class Section(Part):
    title: FewWords = ""
    questions: tuple[Question, ...] = Field((), max_length=MOST_QUESTIONS)


class Band(Part):
    """What a score from here on means, until the next band."""

    begins: Number = Field(ge=-FARTHEST, le=FARTHEST)
    text: Words


class Scoring(Part):
    """`may_miss`: how many of the questions may stay without an answer before there is no score. They count as the mean
    of the others, so that none may be missing where the questions have different bounds."""

    method: Literal["sum", "mean"] = "sum"
    questions: tuple[Key, ...] = Field(max_length=MOST_QUESTIONS)
    may_miss: StrictInt = Field(0, ge=0, le=MOST_QUESTIONS)
    bands: tuple[Band, ...] = Field((), max_length=MOST_BANDS)


class Content(Part):
    introduction: Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)] = ""
    sections: tuple[Section, ...] = Field((), max_length=MOST_SECTIONS)
    scoring: Scoring | None = None

    @property
    def questions(self) -> list[Question]:
        return [question for section in self.sections for question in section.questions]

    @property
    def answered(self) -> list[Question]:
        """The questions that are answered with a value: no headings, no signature."""
        return [question for question in self.questions if question.is_answered]

    @property
    def is_signed(self) -> bool:
        return any(question.kind == "signature" for question in self.questions)


class Flaw(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too-long"
    KEY_TWICE = "key-twice"
    CHOICES = "choices"
    RANGE = "range"
    CONDITION = "condition"
    FIELD = "field"
    SIGNATURE = "signature"
    SCORE = "score"
    BANDS = "bands"
    MISSING = "missing"


class Found(NamedTuple):
    """A flaw, and the question that has it."""

    flaw: Flaw
    key: str = ""


def flaws_of(content: Content) -> list[Found]:
    """Return why this makes no form that could be published; nothing if it does."""
    return [*_flaws_of_all(content), *_flaws_of_each(content), *_flaws_of_scoring(content)]


def _flaws_of_all(content: Content) -> Iterator[Found]:
    if not content.answered:
        yield Found(Flaw.EMPTY)
    if len(content.questions) > MOST_QUESTIONS:
        yield Found(Flaw.TOO_LONG)
    for key, times in Counter(question.key for question in content.questions).items():
        if times > 1:
            yield Found(Flaw.KEY_TWICE, key)
    signatures = [question for question in content.questions if question.kind == "signature"]
    if len(signatures) > 1 or (signatures and signatures[0] is not content.questions[-1]):
        yield Found(Flaw.SIGNATURE, signatures[-1].key)


def _flaws_of_each(content: Content) -> Iterator[Found]:
    before: dict[str, Question] = {}
    for question in content.questions:
        if not _has_right_choices(question):
            yield Found(Flaw.CHOICES, question.key)
        if not _has_right_range(question):
            yield Found(Flaw.RANGE, question.key)
        if question.shown_if and not _can_hold(question, before):
            yield Found(Flaw.CONDITION, question.key)
        if not _has_right_field(question):
            yield Found(Flaw.FIELD, question.key)
        before[question.key] = question


def _has_right_choices(question: Question) -> bool:
    keys = [choice.key for choice in question.choices]
    if question.kind in ("one", "several"):
        return len(keys) > 1 and len(set(keys)) == len(keys)
    return not keys


def _has_right_range(question: Question) -> bool:
    if question.kind != "number":
        return question.least is None and question.most is None and not question.unit
    return question.least is None or question.most is None or question.least <= question.most


def _can_hold(question: Question, before: dict[str, Question]) -> bool:
    condition = question.shown_if
    asked = before.get(condition.question) if condition else None
    if condition is None or asked is None or asked.kind not in CONDITIONS or question.kind == "signature":
        return False
    if asked.kind == "yes_no":
        return isinstance(condition.answer, bool)
    return condition.answer in [choice.key for choice in asked.choices]


def _has_right_field(question: Question) -> bool:
    if not question.field:
        return not (question.is_prefilled or question.is_taken_over)
    is_kept_back = question.is_prefilled and question.field in NEVER_PREFILLED
    known = FIELDS.get(question.field)
    return known is not None and known.kind == question.kind and not is_kept_back


def _flaws_of_scoring(content: Content) -> Iterator[Found]:
    scoring = content.scoring
    if scoring is None:
        return
    by_key = {question.key: question for question in content.answered}
    keys = scoring.questions
    if not keys or len(set(keys)) < len(keys) or scoring.may_miss >= len(keys):
        yield Found(Flaw.SCORE)
    for key in keys:
        if key not in by_key or not _can_be_scored(by_key[key]):
            yield Found(Flaw.SCORE, key)
    spans = {by_key[key].span for key in keys if key in by_key}
    if scoring.may_miss and (len(spans) > 1 or None in spans):
        yield Found(Flaw.MISSING)
    starts = [Decimal(str(band.begins)) for band in scoring.bands]
    if any(after <= start for start, after in pairwise(starts)):
        yield Found(Flaw.BANDS)


def _can_be_scored(question: Question) -> bool:
    if question.kind == "one":
        return all(choice.points is not None for choice in question.choices)
    return question.kind in SCORED
