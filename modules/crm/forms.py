"""The forms of the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.models import Client, Gender, Patient
from modules.crm.services import ContactDetails, PatientDetails


class ContactForm(forms.Form):
    """How to reach somebody."""

    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    street = forms.CharField(label=_("Street"), max_length=120, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=16, required=False)
    city = forms.CharField(label=_("Town"), max_length=80, required=False)


class PatientForm(ContactForm):
    """A person who is their own client: of a clinic, or a shop."""

    first_name = forms.CharField(label=_("First name"), max_length=70)
    last_name = forms.CharField(label=_("Last name"), max_length=70, required=False)
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender.choices, initial=Gender.UNKNOWN, required=False)
    alert = forms.CharField(
        label=_("Alert"),
        max_length=200,
        required=False,
        help_text=_("Shown wherever this record is: an allergy, a risk."),
    )
    field_order = ["first_name", "last_name", "birth_date", "gender", "phone", "email", "street", "postal_code", "city"]

    def patient(self) -> PatientDetails:
        data = self.cleaned_data
        names = ("first_name", "last_name", "birth_date", "alert")
        return PatientDetails(**{name: data[name] for name in names}, gender=data["gender"] or Gender.UNKNOWN)

    def contact(self) -> ContactDetails:
        data = self.cleaned_data
        names = ("first_name", "last_name", "email", "phone", "street", "postal_code", "city")
        return ContactDetails(**{name: data[name] for name in names})


class AnimalForm(ContactForm):
    """An animal, and whoever brings it and pays."""

    first_name = forms.CharField(label=_("Name of the animal"), max_length=70)
    species = forms.CharField(label=_("Species"), max_length=40)
    breed = forms.CharField(label=_("Breed"), max_length=60, required=False)
    birth_date = forms.DateField(
        label=_("Born"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Sex"), choices=Gender.choices, initial=Gender.UNKNOWN, required=False)
    alert = forms.CharField(
        label=_("Alert"),
        max_length=200,
        required=False,
        help_text=_("Shown wherever this record is: a temper, an allergy."),
    )
    owner_first_name = forms.CharField(label=_("Owner's first name"), max_length=70)
    owner_last_name = forms.CharField(label=_("Owner's last name"), max_length=70, required=False)
    field_order = [
        "first_name",
        "species",
        "breed",
        "birth_date",
        "gender",
        "alert",
        "owner_first_name",
        "owner_last_name",
        "phone",
        "email",
    ]

    def patient(self) -> PatientDetails:
        data = self.cleaned_data
        names = ("first_name", "species", "breed", "birth_date", "alert")
        return PatientDetails(**{name: data[name] for name in names}, gender=data["gender"] or Gender.UNKNOWN)

    def contact(self) -> ContactDetails:
        data = self.cleaned_data
        names = ("email", "phone", "street", "postal_code", "city")
        return ContactDetails(
            first_name=data["owner_first_name"],
            last_name=data["owner_last_name"],
            **{name: data[name] for name in names},
        )


RegistrationForm = PatientForm | AnimalForm


def registration_form(vertical: str, *args: Any, **kwargs: Any) -> RegistrationForm:
    """Return the form that a vertical registers with."""
    return AnimalForm(*args, **kwargs) if vertical == "vet" else PatientForm(*args, **kwargs)


def values_of(patient: Patient) -> dict[str, Any]:
    """Return what a form starts with for a patient who is registered."""
    client: Client = patient.client
    contact = {name: getattr(client, name) for name in ("email", "phone", "street", "postal_code", "city")}
    owner = {"owner_first_name": client.first_name, "owner_last_name": client.last_name}
    names = ("first_name", "last_name", "birth_date", "gender", "species", "breed", "alert")
    return {name: getattr(patient, name) for name in names} | contact | owner


class BirthDateForm(forms.Form):
    """Which of those who share an address somebody is."""

    birth_date = forms.DateField(label=_("Your date of birth"), widget=forms.DateInput(attrs={"type": "date"}))
