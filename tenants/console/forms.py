"""What an operator fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from access.models import Role
from tenants.console.plans import PLANS
from tenants.console.support import ROLES


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


class SupportForm(forms.Form):
    """What an operator says before they look on at a tenant."""

    role = forms.ChoiceField(
        label=_("Look on as"), choices=[(role.value, role.label) for role in ROLES], initial=Role.RECEPTIONIST
    )
    ticket = forms.CharField(label=_("Ticket"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    minutes = forms.TypedChoiceField(
        label=_("Minutes"), coerce=int, choices=[(minutes, str(minutes)) for minutes in (15, 30, 60)], initial=15
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The owner reads it in the mail and in their own log."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    writes = forms.BooleanField(label=_("Ask to change things, too: the owner must allow it"), required=False)
    notes = forms.BooleanField(label=_("Ask to read clinical notes, too: the owner must allow it"), required=False)


class AnswerForm(forms.Form):
    writes = forms.BooleanField(required=False)
    notes = forms.BooleanField(required=False)
    approve = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda answer: answer == "yes")


class SupportPolicyForm(forms.Form):
    ask_first = forms.BooleanField(label=_("Ask me before support looks on, even if they only look"), required=False)
