"""What is written of an episode of care."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.services import EpisodeWords
from modules.crm.services.episodes import LONGEST_DIAGNOSIS

AREA: dict[str, Any] = {"widget": forms.Textarea(attrs={"rows": 3}), "max_length": LONGEST_DIAGNOSIS, "required": False}


class EpisodeForm(forms.Form):
    title = forms.CharField(
        label=_("What it is about"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    arrival_diagnosis = forms.CharField(label=_("Diagnosis at arrival"), **AREA)
    final_diagnosis = forms.CharField(label=_("Final diagnosis"), help_text=_("To close it."), **AREA)

    def words(self) -> EpisodeWords:
        return EpisodeWords(**self.cleaned_data)
