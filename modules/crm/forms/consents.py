"""Agreements: their words, and their signing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from modules.crm.models import Purpose, Relation
from modules.crm.services import Evidence, KindDetails, Paper, Signer, Wording

OFF = {"autocomplete": "off"}


class KindForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs=OFF))
    purpose = forms.ChoiceField(label=_("What it is for"), choices=Purpose.choices)
    asked_at_check_in = forms.BooleanField(
        label=_("Ask for it at the check-in"),
        required=False,
        help_text=_("Today and the visit say when somebody has not signed it yet."),
    )

    def details(self) -> KindDetails:
        return KindDetails(**self.cleaned_data)


class WordingForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    title = forms.CharField(label=_("Title"), max_length=120, widget=forms.TextInput(attrs=OFF))
    body = forms.CharField(
        label=_("What people agree to"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("Plain text. An empty line begins a new paragraph."),
    )

    def wording(self) -> Wording:
        return Wording(**self.cleaned_data)


class SignerForm(forms.Form):
    """Who decides. Of an animal it is the owner, as a rule; a person signs for themself."""

    signer_name = forms.CharField(label=_("Full name"), max_length=150, widget=forms.TextInput(attrs=OFF))
    relation = forms.ChoiceField(label=_("Who signs"), choices=Relation.choices)

    def signer(self) -> Signer:
        return Signer(name=self.cleaned_data["signer_name"], relation=self.cleaned_data["relation"])


class SignForm(SignerForm):
    """`digest` is of the text that was shown with the form; `drawing` is filled by the pad."""

    agreed = forms.BooleanField(label=_("I have read this and agree"), required=False)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    drawing = forms.CharField(widget=forms.HiddenInput(attrs={"data-drawing": ""}), required=False)
    field_order = ["agreed", "signer_name", "relation", "digest", "drawing"]

    def evidence(self, *, ip: str, user_agent: str) -> Evidence:
        data = self.cleaned_data
        shown = {"digest": data["digest"], "agreed": data["agreed"], "drawing": data["drawing"]}
        return Evidence(**shown, ip=ip, user_agent=user_agent)


class PaperForm(SignerForm):
    signed_on = forms.DateField(
        label=_("Date on the paper"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    witness = forms.CharField(
        label=_("Who saw it being signed"), max_length=150, required=False, widget=forms.TextInput(attrs=OFF)
    )

    def paper(self) -> Paper:
        return Paper(signed_on=self.cleaned_data["signed_on"], witness=self.cleaned_data["witness"])


class WithdrawForm(SignerForm):
    reason = forms.CharField(label=_("Why"), max_length=200, required=False, widget=forms.TextInput(attrs=OFF))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relation"].label = _("Who says so")
