"""The editor of a note: a field for each of its sections."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from modules.crm.models import Level, Note
from modules.crm.models.notes import LONGEST_REASON
from modules.crm.services import Before, Written
from modules.crm.services.notes.writing import LONGEST_SECTION
from webui.fields import say_nothing_of_optional

AREA = {"rows": 4, "data-section": ""}


class NoteForm(forms.Form):
    """`seen` is the state of the text shown with it; `tab` names the window, `replaces` is a second thought."""

    shared = forms.BooleanField(label=_("Show the signed note to the patient"), required=False)
    level = forms.ChoiceField(label=_("Who reads it"), choices=Level.choices)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
    tab = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    step = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1_000_000_000, required=False)
    replaces = forms.CharField(widget=forms.HiddenInput, max_length=1, required=False)

    def __init__(self, note: Note, data: QueryDict | None = None) -> None:
        choices = {"shared": note.shared_with_patient, "level": note.level, "seen": note.seen}
        super().__init__(data, initial=choices | note.texts)
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

    def written(self) -> Written:
        data = self.cleaned_data
        return Written(sections={name: data[name] for name in self.names}, shared=data["shared"], level=data["level"])

    def catch_up(self, note: Note) -> None:
        """Have it say next time that the newer text was seen."""
        self.data = dict(self.data.items()) | {"seen": note.seen}

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
