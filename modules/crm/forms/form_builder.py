"""What staff write of a form: its settings, one question at a time, and its score."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from modules.crm.domain.questionnaires.content import (
    CONDITIONS,
    FIELDS,
    SCORED,
    Band,
    Condition,
    Content,
    Question,
    Scoring,
)
from modules.crm.domain.questionnaires.editing import next_key, section_of
from modules.crm.models import FormPurpose, Occasion, Questionnaire
from modules.crm.models.questionnaires import LONGEST_FORM_NAME
from modules.crm.services import FormDetails
from webui.fields import say_nothing_of_optional, set_choices

OFF = {"autocomplete": "off"}
AREA = forms.Textarea(attrs={"rows": 5})
POINTS = re.compile(r"(.*?)(?:\s*=\s*(-?[0-9]{1,4}))?")
BAND = re.compile(r"(-?[0-9]{1,9}(?:[.,][0-9]{1,2})?)\s*=\s*(.+)")

KINDS = {
    "short": gettext_lazy("A short text"),
    "long": gettext_lazy("A long text"),
    "number": gettext_lazy("A number"),
    "date": gettext_lazy("A date"),
    "yes_no": gettext_lazy("Yes or no"),
    "one": gettext_lazy("One of several answers"),
    "several": gettext_lazy("Some of several answers"),
    "scale": gettext_lazy("A scale from 0 to 10"),
    "heading": gettext_lazy("A heading or explanation"),
    "signature": gettext_lazy("A signature"),
}
FIELD_NAMES = {
    "patient.first_name": gettext_lazy("First name"),
    "patient.last_name": gettext_lazy("Last name"),
    "patient.preferred_name": gettext_lazy("Called"),
    "patient.birth_date": gettext_lazy("Date of birth"),
    "patient.species": gettext_lazy("Species"),
    "patient.breed": gettext_lazy("Breed"),
    "patient.colour": gettext_lazy("Colour"),
    "patient.tax_code": gettext_lazy("Tax code"),
    "client.first_name": gettext_lazy("Contact: first name"),
    "client.last_name": gettext_lazy("Contact: last name"),
    "client.email": gettext_lazy("E-mail"),
    "client.phone": gettext_lazy("Phone"),
    "client.street": gettext_lazy("Street"),
    "client.postal_code": gettext_lazy("Postal code"),
    "client.city": gettext_lazy("Town"),
}
SHOWN_WITH = {
    "unit": ("number",),
    "least": ("number",),
    "most": ("number",),
    "least_label": ("scale",),
    "most_label": ("scale",),
    "choices": ("one", "several"),
    "is_required": ("short", "long", "number", "date", "yes_no", "one", "several", "scale"),
    "field": ("short", "date"),
    "is_prefilled": ("short", "date"),
    "is_taken_over": ("short", "date"),
    "shown_if": ("short", "long", "number", "date", "yes_no", "one", "several", "scale", "heading"),
}


class DetailsForm(forms.Form):
    """What a form is called, whom it is for, and when it is asked for."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_FORM_NAME, widget=forms.TextInput(attrs=OFF))
    purpose = forms.ChoiceField(label=gettext_lazy("What it is for"), choices=FormPurpose.choices)
    is_clinical = forms.BooleanField(
        label=gettext_lazy("It asks about health"),
        required=False,
        help_text=gettext_lazy("Then only those who treat read the answers; the desk sees that it was sent."),
    )
    occasion = forms.ChoiceField(label=gettext_lazy("Asked for"), choices=Occasion.choices)
    after = forms.IntegerField(
        label=gettext_lazy("After how many days, or weeks"),
        min_value=0,
        max_value=365,
        required=False,
        help_text=gettext_lazy("Days after a visit; weeks while somebody is treated."),
    )
    due_days = forms.IntegerField(label=gettext_lazy("Days to fill it in"), min_value=1, max_value=365)
    remind_days = forms.IntegerField(
        label=gettext_lazy("First reminder after how many days"),
        min_value=0,
        max_value=365,
        help_text=gettext_lazy("Then every week. 0: nobody is reminded."),
    )

    def details(self) -> FormDetails:
        return FormDetails(**self.cleaned_data | {"after": self.cleaned_data["after"] or 0})


def details_of(questionnaire: Questionnaire | None) -> dict[str, Any]:
    """Return what the settings start with."""
    shown = questionnaire or FormDetails(name="")
    return {name: getattr(shown, name) for name in DetailsForm.base_fields}


class QuestionForm(forms.Form):
    """One question of a kind; only what such a question has is asked."""

    text = forms.CharField(label=gettext_lazy("Question"), max_length=500, widget=forms.TextInput(attrs=OFF))
    help = forms.CharField(
        label=gettext_lazy("Explanation below it"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    section = forms.ChoiceField(label=gettext_lazy("On page"))
    choices = forms.CharField(
        label=gettext_lazy("Answers"),
        max_length=10_000,
        widget=AREA,
        help_text=gettext_lazy("One in each line. Points for a score after an equals sign: Often = 3"),
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=80, required=False, widget=forms.TextInput(attrs=OFF))
    least = forms.FloatField(label=gettext_lazy("At least"), required=False)
    most = forms.FloatField(label=gettext_lazy("At most"), required=False)
    least_label = forms.CharField(
        label=gettext_lazy("What 0 means"), max_length=80, required=False, widget=forms.TextInput(attrs=OFF)
    )
    most_label = forms.CharField(
        label=gettext_lazy("What 10 means"), max_length=80, required=False, widget=forms.TextInput(attrs=OFF)
    )
    shown_if = forms.ChoiceField(label=gettext_lazy("Asked"), required=False)
    field = forms.ChoiceField(label=gettext_lazy("Field of the person"), required=False)
    is_prefilled = forms.BooleanField(label=gettext_lazy("Begin with what we know"), required=False)
    is_taken_over = forms.BooleanField(
        label=gettext_lazy("May be taken over into the record at the review"), required=False
    )
    is_required = forms.BooleanField(label=gettext_lazy("Needs an answer"), required=False)

    def __init__(
        self, data: Any = None, *, content: Content, kind: str, question: Question | None = None, section: int = 0
    ) -> None:
        at = section_of(content, question.key) if question else None
        self.content, self.kind, self.question = content, kind, question
        super().__init__(data, initial=_initial_of(question) | {"section": str(section if at is None else at)})
        for name, kinds in SHOWN_WITH.items():
            if kind not in kinds:
                del self.fields[name]
        set_choices(
            self, "section", [(str(number), _page_name(content, number)) for number in range(len(content.sections))]
        )
        if "field" in self.fields:
            fitting = [name for name, known in FIELDS.items() if known.kind == kind]
            set_choices(self, "field", [("", _("None")), *((name, FIELD_NAMES[name]) for name in fitting)])
        if "shown_if" in self.fields:
            set_choices(self, "shown_if", [("", _("Always")), *_conditions(content, question)])
        say_nothing_of_optional(self)

    def made(self) -> tuple[Question, int] | None:
        """Return the question and its page; None, with sentences at the fields, if it is none."""
        data = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        section = int(data.pop("section"))
        parts: dict[str, Any] = {"choices": self._choices(data.pop("choices", "")), "shown_if": None}
        if condition := data.pop("shown_if", ""):
            asked, _colon, answer = condition.partition(":")
            by_key = {each.key: each for each in self.content.questions}
            wanted = {"yes": True, "no": False}[answer] if by_key[asked].kind == "yes_no" else answer
            parts["shown_if"] = Condition(question=asked, answer=wanted)
        for name in ("least", "most"):
            if name in data and data[name].is_integer():
                data[name] = int(data[name])
        key = self.question.key if self.question else next_key(self.content)
        try:
            return Question(key=key, kind=self.kind, **data | parts), section
        except ValidationError as error:
            for each in error.errors():
                name = str(each["loc"][0])
                self.add_error(
                    name if name in self.fields else None, _("This is too long, too much, or cannot be kept.")
                )
            return None

    def _choices(self, typed: str) -> tuple[dict[str, Any], ...]:
        """Return a choice for each line; one that reads as before keeps its key, and its answers stay comparable."""
        before = {choice.text: choice.key for choice in self.question.choices} if self.question else {}
        free = (f"c{number}" for number in range(1, 1000) if f"c{number}" not in before.values())
        found = []
        for line in filter(None, map(str.strip, typed.splitlines())):
            read = POINTS.fullmatch(line)
            text, points = (read[1], read[2]) if read and read[1] else (line, None)
            found.append(
                {"key": before.get(text) or next(free), "text": text, "points": None if points is None else int(points)}
            )
        return tuple(found)


class ScoreForm(forms.Form):
    """Which questions make the score, how, and what it means."""

    method = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[("sum", gettext_lazy("The sum")), ("mean", gettext_lazy("The mean"))]
    )
    questions = forms.MultipleChoiceField(
        label=gettext_lazy("Of these questions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None of them: no score."),
    )
    may_miss = forms.IntegerField(
        label=gettext_lazy("How many may stay without an answer"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("They count as the mean of the others. If more are missing, there is no score."),
    )
    bands = forms.CharField(
        label=gettext_lazy("What it means"),
        required=False,
        max_length=5_000,
        widget=AREA,
        help_text=gettext_lazy("From which score on, one in each line, rising: 0 = Well"),
    )

    def __init__(self, data: Any = None, *, content: Content) -> None:
        now = content.scoring
        lines = [f"{band.begins} = {band.text}" for band in now.bands] if now else []
        initial = now.model_dump(include={"method", "questions", "may_miss"}) if now else {"may_miss": 0}
        super().__init__(data, initial=initial | {"bands": "\n".join(lines)})
        scored = [each for each in content.answered if each.kind in SCORED]
        set_choices(self, "questions", [(each.key, each.text) for each in scored])
        say_nothing_of_optional(self)

    def clean_bands(self) -> list[Band]:
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["bands"].splitlines())):
            read = BAND.fullmatch(line)
            if read is None:
                raise forms.ValidationError(
                    _("“%(line)s” is not a number, an equals sign, and words.") % {"line": line}
                )
            number = float(read[1].replace(",", "."))
            found.append(Band(begins=int(number) if number.is_integer() else number, text=read[2]))
        return found

    def scoring(self) -> Scoring | None:
        data = self.cleaned_data
        return Scoring(**data) if data["questions"] else None


def _initial_of(question: Question | None) -> dict[str, Any]:
    if question is None:
        return {}
    values = question.model_dump(exclude={"key", "kind", "choices", "shown_if"})
    lines = [each.text if each.points is None else f"{each.text} = {each.points}" for each in question.choices]
    condition = question.shown_if
    answer = condition.answer if condition else ""
    told = {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else answer
    return values | {"choices": "\n".join(lines), "shown_if": f"{condition.question}:{told}" if condition else ""}


def _conditions(content: Content, question: Question | None) -> Iterable[tuple[str, str]]:
    """Return each answer that a question may depend on: of those before it."""
    for each in content.questions:
        if question is not None and each.key == question.key:
            return
        if each.kind in CONDITIONS:
            offered = [("yes", _("Yes")), ("no", _("No"))] if each.kind == "yes_no" else None
            for key, text in offered or [(choice.key, choice.text) for choice in each.choices]:
                yield (
                    f"{each.key}:{key}",
                    _("Only if “%(question)s”: %(answer)s") % {"question": each.text, "answer": text},
                )


def _page_name(content: Content, number: int) -> str:
    title = content.sections[number].title
    return f"{number + 1}. {title}" if title else str(number + 1)
