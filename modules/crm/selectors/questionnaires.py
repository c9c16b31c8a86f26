"""Forms as lists, records and curves ask for them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _

from access.fields import hidden_fields, may_change
from modules.crm.domain.questionnaires.content import Content, Question
from modules.crm.domain.questionnaires.scores import span_of
from modules.crm.models import (
    AskedForm,
    Client,
    FilledForm,
    FormPurpose,
    Patient,
    Questionnaire,
    QuestionnaireVersion,
)
from modules.crm.selectors.curves import Curve, Scored

IN_CURVE = 60


class Unfilled(NamedTuple):
    """A form that somebody was asked for, and that waits to be filled in."""

    asked_id: UUID
    name: str
    due_on: date
    is_intake: bool

    def is_wanted_on(self, day: date) -> bool:
        """Test whether it should be here by then: what is filled in before treatment always, all else by its day."""
        return self.is_intake or self.due_on <= day


class Listed(NamedTuple):
    """A form, and its version that people are asked for; None if none is published."""

    questionnaire: Questionnaire
    latest: QuestionnaireVersion | None

    @property
    def has_changes(self) -> bool:
        """Test whether the draft asks something else than what is published."""
        return self.latest is None or self.latest.parts != self.questionnaire.draft


class Told(NamedTuple):
    """A question and its answer, as people read them."""

    question: Question
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An answer that may be taken over into a field of the person, beside what stands there. `present` is None if
    whoever looks may not see it."""

    question: Question
    answer: str
    present: str | None
    is_same: bool
    may_take: bool


def questionnaires_in_use() -> list[Listed]:
    """Return all forms that people are or will be asked for, by name."""
    latest = {version.questionnaire_id: version for version in QuestionnaireVersion.objects.current()}
    rows = Questionnaire.objects.filter(ended_at=None).order_by("name", "pk")
    return [Listed(each, latest.get(each.pk)) for each in rows]


def forms_missing(patient_ids: Collection[UUID]) -> dict[UUID, list[Unfilled]]:
    """Return for each of these patients which forms they were asked for and have not filled in. One query."""
    rows = AskedForm.objects.waiting().filter(patient__in=set(patient_ids)).order_by("due_on", "pk")
    found: dict[UUID, list[Unfilled]] = defaultdict(list)
    for asked in rows.select_related("version__questionnaire"):
        is_intake = asked.version.questionnaire.purpose == FormPurpose.INTAKE
        found[asked.patient_id].append(Unfilled(asked.pk, asked.name, asked.due_on, is_intake))
    return dict(found)


def forms_of(patient: Patient, *, seen_by: Any) -> QuerySet[AskedForm]:
    rows = AskedForm.objects.visible_to(seen_by).filter(patient=patient).for_display()
    return rows.order_by("-asked_at", "-pk")


def waiting_for_review(*, seen_by: Any) -> QuerySet[FilledForm]:
    """Return what somebody may read and nobody has reviewed yet, the earliest first."""
    return FilledForm.objects.visible_to(seen_by).unreviewed().for_display().order_by("at", "pk")


def present_values(patient: Patient) -> dict[str, str]:
    """Return what is known of a person, by the names that forms have for it; days as ISO has them."""
    client: Client = patient.client
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    of_patient = ("first_name", "last_name", "preferred_name", "species", "breed", "colour", "tax_code")
    of_client = ("first_name", "last_name", "email", "street", "postal_code", "city")
    known = {f"patient.{name}": getattr(patient, name) for name in of_patient}
    known |= {f"client.{name}": getattr(client, name) for name in of_client}
    return known | {"patient.birth_date": born, "client.phone": client.phone_shown}


def prefilled(patient: Patient, content: Content) -> dict[str, str]:
    """Return what a form begins with, by question."""
    known = present_values(patient)
    begins = {each.key: known[each.field] for each in content.answered if each.is_prefilled}
    return {key: value for key, value in begins.items() if value}


def told(content: Content, answers: dict[str, Any]) -> list[Told]:
    """Return the questions that were answered, with their answers as people read them."""
    return [Told(each, in_words(each, answers[each.key])) for each in content.answered if each.key in answers]


def proposals_of(filled: FilledForm, *, seen_by: Any) -> list[Proposal]:
    """Return the answers that may be taken over, beside what is known now."""
    answers, known = filled.answers, present_values(filled.patient)
    asked = [each for each in filled.version.content.answered if each.is_taken_over and each.key in answers]
    return [_proposal(each, answers[each.key], known[each.field], filled, seen_by=seen_by) for each in asked]


def state_of_person(filled: FilledForm) -> str:
    """Return what tells two states of the fields apart that this form may change."""
    known = present_values(filled.patient)
    fields = [each.field for each in filled.version.content.answered if each.is_taken_over]
    return hashlib.sha256(json.dumps([known[field] for field in fields]).encode()).hexdigest()[:32]


def curves_of(patient: Patient, *, seen_by: Any) -> list[Curve]:
    """Return how the scores of each outcome form went that somebody may read, by its name."""
    rows = FilledForm.objects.visible_to(seen_by).filter(patient=patient).for_display()
    outcome = rows.filter(version__questionnaire__purpose=FormPurpose.OUTCOME).order_by("-at", "-pk")[:IN_CURVE]
    by_form: dict[UUID, list[FilledForm]] = defaultdict(list)
    for filled in filter(lambda each: each.score, outcome):
        by_form[filled.version.questionnaire_id].insert(0, filled)
    return sorted((_curve(forms) for forms in by_form.values()), key=lambda curve: curve.name)


def in_words(question: Question, value: Any) -> str:
    """Return an answer as people read it."""
    chosen = {choice.key: choice.text for choice in question.choices}
    match question.kind:
        case "yes_no":
            return _("Yes") if value else _("No")
        case "one":
            return chosen[value]
        case "several":
            return ", ".join(chosen[each] for each in value)
        case "date":
            return date_format(date.fromisoformat(value), "j M Y")
        case "scale":
            return _("%(value)s of 10") % {"value": int(value)}
        case "number":
            return f"{localize(value)} {question.unit}".strip()
    return str(value)


def _proposal(question: Question, value: Any, known: str, filled: FilledForm, *, seen_by: Any) -> Proposal:
    of, name = question.field.split(".")
    row: Any = filled.patient if of == "patient" else filled.patient.client
    may_see = name not in hidden_fields(seen_by, type(row))
    may_take = seen_by.has_perm("crm.change_patient", filled.patient) and may_change(seen_by, type(row), name, row)
    shown = in_words(question, known) if known else ""
    return Proposal(
        question=question,
        answer=in_words(question, value),
        present=shown if may_see else None,
        is_same=may_see and known == value,
        may_take=may_take and may_see,
    )


def _curve(forms: list[FilledForm]) -> Curve:
    results = [(filled.at, filled.result or {}) for filled in forms]
    scores = [Scored(at, Decimal(each["value"]), each["meaning"]) for at, each in results if each.get("value")]
    return Curve(forms[-1].name, scores, span_of(forms[-1].version.content))
