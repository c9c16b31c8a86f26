"""Answers: what the page sent as values, which questions are shown, and what the schema says to them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from modules.crm.domain.questionnaires.content import FARTHEST, Content, Question

Answers = Mapping[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TYPED_NUMBER = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
TYPED_WHOLE = re.compile(r"[0-9]{1,3}")
NOTHING: dict[str, Any] = {"not": {}}  # a schema that no value fits
MOST_KEPT = 150_000  # characters of all that is being typed

_formats = FormatChecker(formats=())


@_formats.checks("date", raises=ValueError)
def _is_a_day(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


class Wrong(StrEnum):
    """What is not right with an answer."""

    MISSING = "missing"
    NOT_ASKED = "not-asked"
    TOO_LONG = "too-long"
    OUT_OF_RANGE = "out-of-range"
    NOT_OF_ITS_KIND = "not-of-its-kind"


def schema_of(content: Content) -> dict[str, Any]:
    """Return what answers have to be, as JSON Schema 2020-12. Questions that are not shown have none."""
    asked = content.answered
    conditions = [_only_if(question, content) for question in asked if question.shown_if]
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "type": "object",
        "properties": {question.key: _value_of(question) for question in asked},
        "required": [question.key for question in asked if question.is_required and not question.shown_if],
        "additionalProperties": False,
    }
    return schema | ({"allOf": conditions} if conditions else {})


def problems_in(content: Content, answers: Answers) -> dict[str, Wrong]:
    """Return what is wrong with which answer; nothing if they can be sent."""
    problems = {key: Wrong.NOT_OF_ITS_KIND for key, value in answers.items() if _is_no_number(value)}
    validator = Draft202012Validator(schema_of(content), format_checker=_formats)
    for error in validator.iter_errors(dict(answers)):
        for key, wrong in _read(error):
            problems.setdefault(key, wrong)
    return problems


def only_shown(content: Content, answers: Answers) -> dict[str, Any]:
    """Return the answers without those to questions that are not shown."""
    kept: dict[str, Any] = {}
    for question in content.answered:
        if question.key in answers and is_shown(question, kept):
            kept[question.key] = answers[question.key]
    return kept


def is_shown(question: Question, answers: Answers) -> bool:
    """Test whether a question is asked, given the answers to those before it."""
    if question.shown_if is None:
        return True
    given, wanted = answers.get(question.shown_if.question), question.shown_if.answer
    return wanted in given if isinstance(given, list) else type(given) is type(wanted) and given == wanted


def read_posted(questions: Iterable[Question], posted: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what a page sent as values. What is none of the right kind stays a text, for the schema to refuse."""
    found = {question.key: _typed(question, posted.get(question.key, ())) for question in questions}
    return {key: value for key, value in found.items() if value not in ("", [], None)}


def is_keepable(content: Content, answers: Answers) -> bool:
    """Test whether answers that are not finished can be kept: of this form, and not beyond all bounds."""
    keys = {question.key for question in content.answered}
    return set(answers) <= keys and all(map(_is_plain, answers.values())) and len(str(answers)) <= MOST_KEPT


def _value_of(question: Question) -> dict[str, Any]:
    match question.kind:
        case "short" | "long":
            return _text(question.longest)
        case "number":
            least = -FARTHEST if question.least is None else question.least
            return {"type": "number", "minimum": least, "maximum": FARTHEST if question.most is None else question.most}
        case "date":
            return {"type": "string", "format": "date", "pattern": DAY}
        case "yes_no":
            return {"type": "boolean"}
        case "scale":
            return {"type": "integer", "minimum": 0, "maximum": 10}
    keys = [choice.key for choice in question.choices]
    if question.kind == "one":
        return {"enum": keys}
    return {"type": "array", "items": {"enum": keys}, "minItems": 1, "uniqueItems": True}


def _text(most: int) -> dict[str, Any]:
    """A text that says something, and that can be written down: no NUL, no half of a character."""
    return {
        "type": "string",
        "maxLength": most,
        "pattern": r"\S",
        "not": {"pattern": r"[\u0000\ud800-\udfff]"},
    }


def _only_if(question: Question, content: Content) -> dict[str, Any]:
    condition = question.shown_if
    if condition is None:
        return {}
    asked = next(each for each in content.answered if each.key == condition.question)
    wanted = {"contains": {"const": condition.answer}} if asked.kind == "several" else {"const": condition.answer}
    if_shown: dict[str, Any] = {
        "if": {"properties": {condition.question: wanted}, "required": [condition.question]},
        "else": {"properties": {question.key: NOTHING}},
    }
    return if_shown | ({"then": {"required": [question.key]}} if question.is_required else {})


def _read(error: ValidationError) -> list[tuple[str, Wrong]]:
    if error.validator == "required":
        wanted: Any = error.validator_value
        given: Any = error.instance
        return [(key, Wrong.MISSING) for key in wanted if key not in given]
    if error.validator == "additionalProperties":
        known, sent = error.schema["properties"], error.instance
        return [(str(key), Wrong.NOT_ASKED) for key in sent if key not in known]
    key = str(error.absolute_path[0])
    if error.schema == NOTHING:
        return [(key, Wrong.NOT_ASKED)]
    named = {"maxLength": Wrong.TOO_LONG, "minimum": Wrong.OUT_OF_RANGE, "maximum": Wrong.OUT_OF_RANGE}
    return [(key, named.get(str(error.validator), Wrong.NOT_OF_ITS_KIND))]


def _typed(question: Question, sent: Sequence[str]) -> Any:
    if question.kind == "several":
        return list(dict.fromkeys(each for each in sent if each))
    text = sent[-1].replace("\r\n", "\n").strip() if sent else ""
    match question.kind:
        case "short":
            return " ".join(text.split())
        case "yes_no":
            return {"yes": True, "no": False}.get(text, text)
        case "number" if TYPED_NUMBER.fullmatch(text):
            number = float(text.replace(",", "."))
            return int(number) if number.is_integer() else number
        case "scale" if TYPED_WHOLE.fullmatch(text):
            return int(text)
    return text


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and _is_writable(each) for each in value)
    if isinstance(value, str):
        return _is_writable(value)
    return value is None or isinstance(value, bool) or (isinstance(value, int | float) and not _is_no_number(value))


def _is_writable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
