"""Forms as data: whatever is a form makes a schema, and the schema takes what people may answer and nothing else."""

from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from modules.crm.domain.questionnaires.answers import (
    is_keepable,
    is_shown,
    only_shown,
    problems_in,
    read_posted,
    schema_of,
)
from modules.crm.domain.questionnaires.content import Content, Flaw, Question, flaws_of
from modules.crm.domain.questionnaires.editing import move_question, put_question, remove_question, section_of
from modules.crm.domain.questionnaires.scores import score_of, span_of

words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "\x00"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)


@st.composite
def question(draw: Any, key: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["short", "long", "number", "date", "yes_no", "one", "several", "scale", "heading"]))
    made: dict[str, Any] = {"key": key, "kind": kind, "text": draw(words), "is_required": draw(st.booleans())}
    if kind in ("one", "several"):
        points = st.integers(-9, 9)
        made["choices"] = [
            {"key": f"c{n}", "text": "x", "points": draw(points)} for n in range(draw(st.integers(2, 4)))
        ]
    if kind == "number":
        made["least"], made["most"] = sorted([draw(st.integers(-99, 99)), draw(st.integers(-99, 99))])
    asked = [each for each in before if each["kind"] in ("yes_no", "one", "several")]
    if asked and draw(st.booleans()):
        on = draw(st.sampled_from(asked))
        answer = draw(st.booleans()) if on["kind"] == "yes_no" else draw(st.sampled_from(on["choices"]))["key"]
        made["shown_if"] = {"question": on["key"], "answer": answer}
    return made


@st.composite
def contents(draw: Any) -> Content:
    made: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 7))):
        made.append(draw(question(f"q{number}", made)))
    scored = [each["key"] for each in made if each["kind"] in ("scale", "number", "one", "yes_no")]
    chosen = draw(st.lists(st.sampled_from(scored), unique=True)) if scored else []
    scoring = {"method": draw(st.sampled_from(["sum", "mean"])), "questions": chosen} if chosen else None
    if scoring:
        spans = {Question.model_validate(each).span for each in made if each["key"] in chosen}
        most = len(chosen) - 1 if len(spans) == 1 else 0
        scoring |= {"may_miss": draw(st.integers(0, most)), "bands": [{"begins": 0, "text": "x"}]}
    cut = draw(st.integers(0, len(made)))
    sections = [{"questions": made[:cut]}, {"title": "More", "questions": made[cut:]}]
    content = Content.model_validate({"sections": sections, "scoring": scoring})
    assume(content.answered)
    return content


def right_answer(asked: Question) -> st.SearchStrategy[Any]:
    keys = [choice.key for choice in asked.choices]
    return {
        "short": words,
        "long": words,
        "number": st.integers(int(asked.least or 0), int(asked.most or 0)),
        "date": st.dates().map(date.isoformat),
        "yes_no": st.booleans(),
        "one": st.sampled_from(keys or [""]),
        "several": st.lists(st.sampled_from(keys or [""]), min_size=1, unique=True),
        "scale": st.integers(0, 10),
    }[asked.kind]


def as_sent(value: Any) -> list[str]:
    """What a browser sends of an answer."""
    if isinstance(value, list):
        return value
    return [{True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)]


@settings(max_examples=60)
@given(data=st.data(), content=contents())
def test_the_page_and_the_schema_agree_on_what_may_be_answered(data: Any, content: Content) -> None:
    """Answers are drawn for the questions that are shown, and some are left out: both doors miss just the same."""
    answers: dict[str, Any] = {}
    for asked in content.answered:
        if is_shown(asked, answers) and data.draw(st.booleans()):
            answers[asked.key] = data.draw(right_answer(asked))
    missing = {
        asked.key
        for asked in content.answered
        if asked.is_required and is_shown(asked, answers) and asked.key not in answers
    }

    sent = {key: as_sent(value) for key, value in answers.items()} | {
        asked.key: ["x"] for asked in content.answered if not is_shown(asked, answers)
    }
    read = only_shown(content, read_posted(content.answered, sent))

    assert flaws_of(content) == []
    assert read == answers
    assert set(problems_in(content, answers)) == missing


@settings(max_examples=60)
@given(content=contents(), data=st.data())
def test_no_answer_whatever_breaks_anything(content: Content, data: Any) -> None:
    keys = [asked.key for asked in content.answered]
    answers = data.draw(st.dictionaries(st.sampled_from([*keys, "q99", ""]), junk, max_size=8))
    posted = data.draw(st.dictionaries(st.sampled_from(keys), st.lists(st.text(max_size=6), max_size=3)))

    problems = problems_in(content, answers)
    assert is_keepable(content, answers) in (True, False)
    if not problems:
        kept = json.loads(json.dumps(answers, allow_nan=False))
        assert kept == answers
        "".join(str(value) for value in answers.values()).encode()
        assert set(answers) == {asked.key for asked in content.answered if is_shown(asked, answers)} & set(answers)
        score_of(content, answers)
    assert isinstance(problems_in(content, only_shown(content, read_posted(content.answered, posted))), dict)


@settings(max_examples=15)
@given(content=contents())
def test_the_schema_is_one_of_2020_12_and_says_so(content: Content) -> None:
    schema = json.loads(json.dumps(schema_of(content)))

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert Content.model_validate_json(content.model_dump_json()) == content


@settings(max_examples=40)
@given(content=contents(), data=st.data())
def test_a_score_lies_within_its_span_and_needs_enough_answers(content: Content, data: Any) -> None:
    scoring = content.scoring
    assume(scoring is not None)
    answers = {
        asked.key: data.draw(right_answer(asked))
        for asked in content.answered
        if asked.key in scoring.questions and data.draw(st.booleans())
    }

    score, span = score_of(content, answers), span_of(content)

    assert (score.value is None) == (not answers or score.asked - score.answered > scoring.may_miss)
    if score.value is not None:
        assert span[0] <= score.value <= span[1]
        assert bool(score.meaning) == (score.value >= 0)


def test_a_sum_and_a_mean_of_known_answers() -> None:
    asked = [{"key": f"q{n}", "kind": "scale", "text": "x"} for n in range(3)]
    bands = [{"begins": 0, "text": "well"}, {"begins": 10, "text": "middling"}]
    scoring = {"questions": ["q0", "q1", "q2"], "may_miss": 1, "bands": bands}
    total = Content.model_validate({"sections": [{"questions": asked}], "scoring": scoring})
    mean = Content.model_validate({"sections": [{"questions": asked}], "scoring": scoring | {"method": "mean"}})

    assert score_of(total, {"q0": 4, "q1": 7, "q2": 0}).value == Decimal("11.00")
    assert score_of(total, {"q0": 4, "q1": 3}).meaning == "middling"  # the third counts as the mean of the two
    assert score_of(total, {"q0": 4}).value is None
    assert (score_of(mean, {"q0": 4, "q1": 3, "q2": 3}).value, span_of(mean)) == (Decimal("3.33"), (0, 10))


@pytest.mark.parametrize(
    ("questions", "flaw"),
    [
        ([], Flaw.EMPTY),
        ([{"kind": "heading"}], Flaw.EMPTY),
        ([{"kind": "one", "choices": [{"key": "a", "text": "A"}]}], Flaw.CHOICES),
        ([{"kind": "short", "choices": [{"key": "a", "text": "A"}, {"key": "b", "text": "B"}]}], Flaw.CHOICES),
        ([{"kind": "number", "least": 3, "most": 2}], Flaw.RANGE),
        ([{"kind": "short"}, {"key": "q0", "kind": "short"}], Flaw.KEY_TWICE),
        ([{"kind": "short", "shown_if": {"question": "q1", "answer": True}}, {"kind": "yes_no"}], Flaw.CONDITION),
        ([{"kind": "yes_no"}, {"kind": "short", "shown_if": {"question": "q0", "answer": "yes"}}], Flaw.CONDITION),
        ([{"kind": "date", "field": "patient.first_name", "is_prefilled": True}], Flaw.FIELD),
        ([{"kind": "short", "field": "patient.tax_code", "is_prefilled": True}], Flaw.FIELD),
        ([{"kind": "short", "is_taken_over": True}], Flaw.FIELD),
        ([{"kind": "signature"}, {"kind": "short"}], Flaw.SIGNATURE),
    ],
)
def test_what_could_not_be_filled_in_is_no_form(questions: list[dict[str, Any]], flaw: Flaw) -> None:
    made = [{"key": f"q{number}", "text": "x", **each} for number, each in enumerate(questions)]

    found = flaws_of(Content.model_validate({"sections": [{"questions": made}]}))

    assert flaw in {each.flaw for each in found}


def test_nothing_may_be_missing_from_a_score_of_unlike_questions() -> None:
    """What is missing counts as the mean of the others: a hundred of one is not a hundred of the other."""
    asked = [{"key": "a", "kind": "scale", "text": "x"}, {"key": "b", "kind": "yes_no", "text": "x"}]
    scored = {"sections": [{"questions": asked}], "scoring": {"questions": ["a", "b"], "may_miss": 1}}

    assert [each.flaw for each in flaws_of(Content.model_validate(scored))] == [Flaw.MISSING]


@pytest.mark.parametrize(
    "wrong",
    [{"key": "Q 1"}, {"key": "q" * 31}, {"text": ""}, {"text": "\x00"}, {"kind": "formula"}, {"formula": "1+1"},
     {"least": math.nan}, {"choices": [{"key": "a", "text": "x"}] * 31}],
    ids=str,
)  # fmt: skip
def test_nothing_else_is_read_as_a_question(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"key": "q1", "kind": "short", "text": "x"} | wrong)


@settings(max_examples=30)
@given(content=contents(), data=st.data())
def test_editing_loses_no_question(content: Content, data: Any) -> None:
    keys = {asked.key for asked in content.questions}
    key = data.draw(st.sampled_from(sorted(keys)))

    moved = move_question(content, key, by=data.draw(st.sampled_from([-1, 1])))
    put = put_question(moved, Question(key=key, kind="long", text="New"), section=0)
    gone = remove_question(put, key)

    assert {asked.key for asked in moved.questions} == {asked.key for asked in put.questions} == keys
    assert section_of(put, key) == 0
    assert {asked.key for asked in gone.questions} == keys - {key}
    assert gone.scoring is None or key not in gone.scoring.questions
