"""What is filled in about a visit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class NoteForm(forms.Form):
    """A clinical note in the SOAP form."""

    subjective = forms.CharField(
        label=_("Subjective"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    objective = forms.CharField(
        label=_("Objective"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    assessment = forms.CharField(
        label=_("Assessment"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    plan = forms.CharField(label=_("Plan"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}))
    shared = forms.BooleanField(label=_("Show the signed note to the patient"), required=False)

    def sections(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("subjective", "objective", "assessment", "plan")}


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
