"""A part of a form, as a page of fields: what is sent is judged by the form's schema and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.domain.questionnaires.answers import Answers, is_shown, read_posted
from modules.crm.domain.questionnaires.content import Question, Section
from modules.crm.models import Patient, Relation
from modules.crm.services import Before, Sending, Signer
from webui.fields import say_nothing_of_optional

PREFIX = "answer-"
OFF = {"autocomplete": "off"}
SCALE = [(str(number), str(number)) for number in range(11)]


class Shown(NamedTuple):
    """A question as the page has it: its field, None for a heading, and on which answer it depends."""

    question: Question
    field: forms.BoundField | None
    is_prefilled: bool
    depends_on: str
    depends_is: str


class FillForm(forms.Form):
    """`seen`, `tab` and `step` are those of a note: which state is shown, in which window, how far it is."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    tab = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    step = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1_000_000_000, required=False)
    replaces = forms.CharField(widget=forms.HiddenInput, max_length=1, required=False)

    def __init__(
        self,
        section: Section,
        data: QueryDict | None = None,
        *,
        answers: Answers,
        begins: Mapping[str, str],
        seen: str,
    ) -> None:
        self.begins = begins
        self.section = section.model_copy(update={"questions": tuple(_asked_here(section, answers))})
        self.asked = [each for each in self.section.questions if each.is_answered]
        known = {**begins, **answers}  # one that was cleared is kept as None: it does not begin anew
        self.values = {each.key: known.get(each.key) for each in self.asked}
        initial = {PREFIX + each.key: _as_typed(self.values[each.key]) for each in self.asked}
        super().__init__(data, initial=initial | {"seen": seen})
        self.data: QueryDict
        for each in self.asked:
            self.fields[PREFIX + each.key] = _field_of(each)
            if each.is_required:
                say_nothing_of_optional(self, PREFIX + each.key)

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self.asked]

    def answers(self) -> dict[str, Any]:
        """Return what was sent, as values."""
        sent = self.data
        return read_posted(self.asked, {key: sent.getlist(PREFIX + key) for key in self.keys})

    def before(self) -> Before:
        """Return which state was shown; whatever is no number of ours is none."""
        sent, step = self.data, str(self.data.get("step", ""))
        return Before(
            seen=str(sent.get("seen", ""))[:40],
            tab=str(sent.get("tab", ""))[:40],
            step=int(step) if step.isascii() and step.isdigit() and len(step) < 10 else 0,
            replaces=bool(sent.get("replaces")),
        )

    def catch_up(self, seen: str) -> None:
        """Have what is sent next be after this state."""
        sent = self.data.copy()
        sent["seen"] = seen
        self.data = sent

    def add_problems(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Show each sentence at its question; what is about none of this page, above."""
        for key, sentences in problems.items():
            self.add_error(PREFIX + key if PREFIX + key in self.fields else None, list(sentences))

    @property
    def questions(self) -> list[Shown]:
        return [self._shown(each) for each in self.section.questions if each.kind != "signature"]

    @property
    def signature(self) -> Question | None:
        return next((each for each in self.section.questions if each.kind == "signature"), None)

    def _shown(self, question: Question) -> Shown:
        condition = question.shown_if
        wanted = condition.answer if condition else ""
        return Shown(
            question=question,
            field=self[PREFIX + question.key] if question.is_answered else None,
            is_prefilled=question.key in self.begins and self.values.get(question.key) == self.begins[question.key],
            depends_on=PREFIX + condition.question if condition else "",
            depends_is={True: "yes", False: "no"}[wanted] if isinstance(wanted, bool) else wanted,
        )


class SignatureForm(forms.Form):
    """Who sends the form, and that it is true."""

    signer_name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=150, required=False, widget=forms.TextInput(attrs=OFF)
    )
    relation = forms.ChoiceField(label=gettext_lazy("You are"), choices=Relation.choices, required=False)
    agreed = forms.BooleanField(label=gettext_lazy("This is true to my knowledge"), required=False)
    drawing = forms.CharField(widget=forms.HiddenInput(attrs={"data-drawing": ""}), required=False)

    def __init__(self, patient: Patient, data: QueryDict | None = None) -> None:
        relation = Relation.OWNER if patient.is_animal else Relation.SELF
        super().__init__(data, initial={"signer_name": patient.client.person_name, "relation": relation})
        say_nothing_of_optional(self, "signer_name", "relation")

    def sending(self, *, by_link: bool, ip: str, user_agent: str) -> Sending:
        sent = {name: str(self.data.get(name, "")) for name in self.fields}
        return Sending(
            signer=Signer(name=sent["signer_name"], relation=sent["relation"]),
            drawing=sent["drawing"],
            agreed=bool(sent["agreed"]),
            by_link=by_link,
            ip=ip,
            user_agent=user_agent,
        )


def _asked_here(section: Section, answers: Answers) -> list[Question]:
    """Return the questions of a part, less those that an answer in an earlier part has already left out."""
    here = {each.key for each in section.questions}
    return [
        each
        for each in section.questions
        if each.shown_if is None or each.shown_if.question in here or is_shown(each, answers)
    ]


def _field_of(question: Question) -> forms.Field:
    """Return the field of a question. It refuses nothing by itself, so that all is refused in one place."""
    words: dict[str, Any] = {"label": question.text, "help_text": _hint(question), "required": False}
    choices = [(choice.key, choice.text) for choice in question.choices]
    match question.kind:
        case "several":
            return AnyChoices(**words, choices=choices, widget=forms.CheckboxSelectMultiple)
        case "one" | "yes_no" | "scale":
            offered = {"yes_no": [("yes", _("Yes")), ("no", _("No"))], "scale": SCALE}.get(question.kind, choices)
            return AnyChoice(**words, choices=offered, widget=forms.RadioSelect)
        case "long":
            return forms.CharField(**words, widget=forms.Textarea(attrs={"rows": 4}))
        case "date":
            return forms.CharField(**words, widget=forms.TextInput(attrs={"type": "date"} | OFF))
        case "number":
            return forms.CharField(**words, widget=forms.TextInput(attrs={"inputmode": "decimal"} | OFF))
    return forms.CharField(**words, widget=forms.TextInput(attrs={"maxlength": question.longest} | OFF))


class AnyChoice(forms.ChoiceField):
    def validate(self, value: Any) -> None:
        """Leave it to the schema."""


class AnyChoices(forms.MultipleChoiceField):
    def validate(self, value: Any) -> None:
        """Leave it to the schema."""


def _hint(question: Question) -> str:
    """Return what stands below a question, safe for a page: it is written by staff."""
    parts = [question.help]
    if question.kind == "number" and (question.unit or question.least is not None or question.most is not None):
        bounds = "–".join("" if each is None else f"{each:g}" for each in (question.least, question.most))
        parts.append(" ".join(part for part in (bounds if bounds != "–" else "", question.unit) if part))
    if question.kind == "scale" and (question.least_label or question.most_label):
        parts.append(_("0: %(least)s, 10: %(most)s") % {"least": question.least_label, "most": question.most_label})
    return conditional_escape(" · ".join(part for part in parts if part))


def _as_typed(value: Any) -> Any:
    """Return a value as a field has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return value
    return "" if value is None else str(value)
