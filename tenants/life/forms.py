"""What is filled in before a workspace is deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DeletionForm(forms.Form):
    reason = forms.CharField(label=_("Why?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    subdomain = forms.CharField(
        label=_("Its address, to be sure"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_subdomain(self) -> str:
        typed: str = self.cleaned_data["subdomain"].strip().lower()
        if typed != self.expected:
            raise forms.ValidationError(
                _("That is not the address of this workspace: %(name)s.") % {"name": self.expected}
            )
        return typed
