"""What an operator fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.console.plans import PLANS


class ReasonForm(forms.Form):
    """Why it is done. The owner reads it in their own log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The owner reads it in their own log."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AddressedReasonForm(ReasonForm):
    """For what is felt by everybody there: the address is typed, so that no other tenant is hit."""

    subdomain = forms.CharField(
        label=_("Its address, to be sure"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_subdomain(self) -> str:
        typed: str = self.cleaned_data["subdomain"].strip().lower()
        if typed != self.expected:
            raise forms.ValidationError(_("That is not the address of this tenant."))
        return typed


class PlanForm(ReasonForm):
    plan = forms.ChoiceField(label=_("Plan"), choices=PLANS.items(), widget=forms.RadioSelect)

    field_order = ["plan", "reason"]
