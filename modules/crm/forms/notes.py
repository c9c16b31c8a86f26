"""The editor of a note: a field for each of its sections, the chart of the body, and how strong pain is."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from modules.crm.forms.body import ChartFields, add_pain_fields, chart_fields, marks_in
from modules.crm.models import Level, Note
from modules.crm.models.body import PAINS
from modules.crm.models.notes import LONGEST_REASON
from modules.crm.selectors.body import figure_for
from modules.crm.services import Before, Written
from modules.crm.services.notes.writing import LONGEST_SECTION
from webui.fields import say_nothing_of_optional

AREA = {"rows": 4, "data-section": ""}


class NoteForm(forms.Form):
    """`seen` is the state of the text shown with it; `tab` names the window, `replaces` is a second thought.

    `charted` says that marks and pain are among what is sent: a window from before they were leaves them alone.
    """

    shared = forms.BooleanField(label=_("Show the signed note to the patient"), required=False)
    level = forms.ChoiceField(label=_("Who reads it"), choices=Level.choices)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
    tab = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    step = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1_000_000_000, required=False)
    replaces = forms.CharField(widget=forms.HiddenInput, max_length=1, required=False)
    charted = forms.CharField(widget=forms.HiddenInput, max_length=1, required=False, initial="1")

    def __init__(self, note: Note, data: QueryDict | None = None) -> None:
        choices = {"shared": note.shared_with_patient, "level": note.level, "seen": note.seen}
        super().__init__(data, initial=choices | note.texts)
        self.note, self.sent = note, data
        add_pain_fields(self, note.body_chart)
        self.names = list(note.headings)
        for name, heading, prompt in note.form:
            self.fields[name] = forms.CharField(
                label=heading,
                help_text=prompt,
                required=False,
                strip=False,
                max_length=LONGEST_SECTION,
                widget=forms.Textarea(attrs=AREA),
            )
            say_nothing_of_optional(self, name)

    @property
    def section_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.names]

    @property
    def pain_fields(self) -> list[forms.BoundField]:
        return [self[f"pain_{name}"] for name in PAINS]

    @cached_property
    def chart(self) -> ChartFields | None:
        """The views to point at, with what is marked or was sent; None where there is no chart."""
        figure = figure_for(self.note)
        return chart_fields(figure, self.note.body_chart, self.sent) if figure else None

    def written(self) -> Written:
        data = self.cleaned_data
        sections = {name: data[name] for name in self.names}
        written = Written(sections=sections, shared=data["shared"], level=data["level"])
        if not data["charted"] or self.sent is None:
            return written
        pain = {name: data[f"pain_{name}"] for name in PAINS}
        return replace(written, marks=marks_in(self.sent), pain=pain)

    def catch_up(self, note: Note) -> None:
        """Have it say next time that the newer text was seen."""
        if self.sent is not None:
            self.data = self.sent.copy()
            self.data["seen"] = note.seen

    def before(self) -> Before:
        data = self.cleaned_data
        return Before(seen=data["seen"], tab=data["tab"], step=data["step"] or 0, replaces=bool(data["replaces"]))


class AmendmentForm(forms.Form):
    text = forms.CharField(
        label=_("What is added or put right"),
        max_length=LONGEST_SECTION,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
