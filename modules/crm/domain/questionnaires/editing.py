"""Change the draft of a form, one step at a time. Each returns another content; none changes what it was given."""

from __future__ import annotations

from collections.abc import Sequence

from modules.crm.domain.questionnaires.content import Content, Question, Scoring, Section

Sections = Sequence[Section]


def put_question(content: Content, question: Question, *, section: int) -> Content:
    """Return the content with a question in a section: a new one at its end, one that is there in its place."""
    known = _place_of(content, question.key)
    if known and known[0] == section:
        at = known[1]
        questions = content.sections[section].questions
        return _with(content, section, (*questions[:at], question, *questions[at + 1 :]))
    without = remove_question(content, question.key, keep_scoring=True) if known else content
    return _with(without, section, (*without.sections[section].questions, question))


def remove_question(content: Content, key: str, *, keep_scoring: bool = False) -> Content:
    """Return the content without a question, and without it in the score."""
    place = _place_of(content, key)
    if place is None:
        return content
    section = place[0]
    left = tuple(each for each in content.sections[section].questions if each.key != key)
    without = _with(content, section, left)
    return without if keep_scoring else without.model_copy(update={"scoring": _scoring_without(key, content.scoring)})


def move_question(content: Content, key: str, *, by: int) -> Content:
    """Return the content with a question one place earlier (-1) or later (1), into the next section from its end."""
    place = _place_of(content, key)
    if place is None:
        return content
    section, at = place
    questions = list(content.sections[section].questions)
    if 0 <= at + by < len(questions):
        questions[at], questions[at + by] = questions[at + by], questions[at]
        return _with(content, section, tuple(questions))
    if not 0 <= section + by < len(content.sections):
        return content
    moved = questions.pop(at)
    other = content.sections[section + by].questions
    there = (*other, moved) if by < 0 else (moved, *other)
    return _with(_with(content, section, tuple(questions)), section + by, there)


def put_section(content: Content, title: str, *, section: int) -> Content:
    """Return the content with a section of this title: a new one at the end, one that is there renamed."""
    sections = list(content.sections)
    if section < len(sections):
        sections[section] = sections[section].model_copy(update={"title": title})
    else:
        sections.append(Section(title=title))
    return content.model_copy(update={"sections": tuple(sections)})


def remove_section(content: Content, *, section: int) -> Content:
    """Return the content without a section that has no questions; one that has some stays."""
    if content.sections[section].questions:
        return content
    return content.model_copy(update={"sections": content.sections[:section] + content.sections[section + 1 :]})


def next_key(content: Content) -> str:
    """Return a key that no question has."""
    taken = {question.key for question in content.questions}
    return next(key for number in range(1, len(taken) + 2) if (key := f"q{number}") not in taken)


def section_of(content: Content, key: str) -> int | None:
    place = _place_of(content, key)
    return place[0] if place else None


def _place_of(content: Content, key: str) -> tuple[int, int] | None:
    for number, section in enumerate(content.sections):
        for at, question in enumerate(section.questions):
            if question.key == key:
                return number, at
    return None


def _with(content: Content, section: int, questions: tuple[Question, ...]) -> Content:
    sections = list(content.sections)
    sections[section] = sections[section].model_copy(update={"questions": questions})
    return content.model_copy(update={"sections": tuple(sections)})


def _scoring_without(key: str, scoring: Scoring | None) -> Scoring | None:
    if scoring is None:
        return None
    left = tuple(each for each in scoring.questions if each != key)
    may_miss = min(scoring.may_miss, max(len(left) - 1, 0))
    return scoring.model_copy(update={"questions": left, "may_miss": may_miss}) if left else None
