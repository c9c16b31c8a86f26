"""What the answers to an outcome form add up to. Nothing is evaluated: a sum or a mean of chosen questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from modules.crm.domain.questionnaires.content import Content, Question, Scoring

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`value` is None if too few of the questions were answered. `meaning` is the band that it lies in."""

    value: Decimal | None
    meaning: str
    answered: int
    asked: int


def score_of(content: Content, answers: Mapping[str, Any]) -> Score | None:
    """Return the score of these answers; None if the form has none.

    What stays without an answer counts as the mean of the others, as long as no more are missing than may be.
    """
    scoring = content.scoring
    if scoring is None:
        return None
    by_key = {question.key: question for question in content.answered}
    points = [_points_of(by_key[key], answers[key]) for key in scoring.questions if key in answers]
    value = _value_of(points, scoring)
    meaning = "" if value is None else _meaning_of(value, scoring)
    return Score(value=value, meaning=meaning, answered=len(points), asked=len(scoring.questions))


def span_of(content: Content) -> tuple[Decimal, Decimal] | None:
    """Return between which two the score lies; None if that is not known, for a number has no bounds."""
    scoring = content.scoring
    if scoring is None:
        return None
    by_key = {question.key: question for question in content.answered}
    spans = [by_key[key].span for key in scoring.questions]
    if any(span is None for span in spans):
        return None
    least, most = (sum((span[end] for span in spans if span), Decimal(0)) for end in (0, 1))
    parts = len(spans) if scoring.method == "mean" else 1
    return _rounded(least / parts), _rounded(most / parts)


def _value_of(points: list[Decimal], scoring: Scoring) -> Decimal | None:
    if not points or len(scoring.questions) - len(points) > scoring.may_miss:
        return None
    times = len(scoring.questions) if scoring.method == "sum" else 1
    return _rounded(sum(points, Decimal(0)) * times / len(points))


def _meaning_of(value: Decimal, scoring: Scoring) -> str:
    reached = [band.text for band in scoring.bands if Decimal(str(band.begins)) <= value]
    return reached[-1] if reached else ""


def _points_of(question: Question, answer: Any) -> Decimal:
    if question.kind == "one":
        return Decimal(next(choice.points or 0 for choice in question.choices if choice.key == answer))
    return Decimal(str(int(answer) if isinstance(answer, bool) else answer))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)
