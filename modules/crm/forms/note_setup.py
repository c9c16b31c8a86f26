"""The forms for notes, and phrases, as they are filled in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.models import NoteTemplateVersion, Phrase
from modules.crm.models.note_setup import LONGEST_PHRASE, LONGEST_TEMPLATE_NAME, LONGEST_WORD
from modules.crm.services import TemplateDetails
from modules.crm.services.notes.templates import LONGEST_HEADING, LONGEST_PROMPT, MOST_SECTIONS
from webui.fields import say_nothing_of_optional

OFF = {"autocomplete": "off"}


class TemplateForm(forms.Form):
    """A name, and a line for each section there may be. Lines without a heading are left out."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_TEMPLATE_NAME, widget=forms.TextInput(attrs=OFF))

    def __init__(self, data: Any = None, *, version: NoteTemplateVersion | None = None) -> None:
        parts = dict(enumerate(version.parts if version else []))
        initial: dict[str, str] = {"name": version.template.name} if version else {}
        for number, (heading, prompt) in parts.items():
            initial |= {f"heading-{number}": heading, f"prompt-{number}": prompt}
        super().__init__(data, initial=initial)
        for number in range(MOST_SECTIONS):
            place = {"number": number + 1}
            self._add(f"heading-{number}", _("Heading %(number)s") % place, LONGEST_HEADING)
            self._add(f"prompt-{number}", _("What section %(number)s asks for") % place, LONGEST_PROMPT)

    def _add(self, name: str, label: str, longest: int) -> None:
        widget = forms.TextInput(attrs=OFF)
        self.fields[name] = forms.CharField(label=label, max_length=longest, required=False, widget=widget)
        say_nothing_of_optional(self, name)

    @property
    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"heading-{number}"], self[f"prompt-{number}"]) for number in range(MOST_SECTIONS)]

    def details(self) -> TemplateDetails:
        data = self.cleaned_data
        parts = [(data[f"heading-{number}"], data[f"prompt-{number}"]) for number in range(MOST_SECTIONS)]
        return TemplateDetails(name=data["name"], parts=[part for part in parts if any(part)])


class PhraseForm(forms.Form):
    word = forms.CharField(
        label=_("Word"),
        max_length=LONGEST_WORD,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("Type it in a note with a semicolon before it, and a space: ;rom"),
    )
    text = forms.CharField(
        label=_("What it stands for"), max_length=LONGEST_PHRASE, widget=forms.Textarea(attrs={"rows": 4})
    )
    is_shared = forms.BooleanField(label=_("For everybody"), required=False)

    def __init__(self, data: Any = None, *, phrase: Phrase | None = None, may_share: bool) -> None:
        initial = {"word": phrase.word, "text": phrase.text, "is_shared": phrase.owner_id is None} if phrase else None
        super().__init__(data, initial=initial)
        if not may_share:
            del self.fields["is_shared"]

    def values(self) -> dict[str, Any]:
        return {"is_shared": False} | self.cleaned_data
