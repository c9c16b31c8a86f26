"""What somebody who books says of themself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm import public as crm
from modules.scheduling.services.online.holds import Booker

LURE = "website"  # a field that people do not see; what fills in forms by itself fills it in, too


class BookerForm(forms.Form):
    first_name = forms.CharField(
        label=_("First name"), max_length=70, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=70, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a code there, and what you booked."),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    remark = forms.CharField(
        label=_("Anything we should know?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    referral = forms.CharField(label=_("How did you hear of us?"), max_length=120, required=False)

    def booker(self) -> Booker:
        data = self.cleaned_data
        names = ("first_name", "last_name", "email", "phone", "patient_first_name", "patient_last_name", "species")
        said = {name: data[name].strip() for name in names if name in data}
        return Booker(newcomer=crm.Newcomer(**said), remark=data["remark"], referral=data["referral"])


class PersonForm(BookerForm):
    """Of people: the visit is for themself, unless they name somebody else."""

    patient_first_name = forms.CharField(label=_("If not for you: their first name"), max_length=70, required=False)
    patient_last_name = forms.CharField(label=_("If not for you: their last name"), max_length=70, required=False)
    field_order = ("first_name", "last_name", "email", "phone", "patient_first_name", "patient_last_name")


class AnimalForm(BookerForm):
    """Of animals: the visit is for one of theirs."""

    patient_first_name = forms.CharField(label=_("Your animal's name"), max_length=70)
    species = forms.CharField(label=_("What it is"), max_length=40, help_text=_("A dog, a cat, a rabbit …"))
    field_order = ("first_name", "last_name", "email", "phone", "patient_first_name", "species")


def booker_form(vertical: str, *args: Any, **kwargs: Any) -> BookerForm:
    return AnimalForm(*args, **kwargs) if vertical == "vet" else PersonForm(*args, **kwargs)


def is_a_machine(values: Any) -> bool:
    return bool(values.get(LURE))
