"""A diagnosis as it is recorded, and what is said of it later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.models import DiagnosisRole, Verification
from modules.crm.models.codes import LONGEST_DISPLAY
from modules.crm.services.diagnoses import CHANGED, DiagnosisState
from webui.fields import say_nothing_of_optional

OFF = {"autocomplete": "off"}


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, required=False)


class StateForm(forms.Form):
    role = forms.ChoiceField(label=_("As what"), choices=DiagnosisRole.choices)
    verification = forms.ChoiceField(label=_("How sure"), choices=Verification.choices)
    onset_on = _day(_("Since"))
    ended_on = _day(_("Until"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_nothing_of_optional(self, "onset_on", "ended_on")

    def state(self) -> DiagnosisState:
        return DiagnosisState(**{name: self.cleaned_data[name] for name in CHANGED})

    @property
    def state_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in CHANGED]


class DiagnosisForm(StateForm):
    """One that is new: a code that was found, or words."""

    code_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Or in words"),
        max_length=LONGEST_DISPLAY,
        required=False,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("If no code fits."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_nothing_of_optional(self, "text")
