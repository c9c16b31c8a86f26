"""The forms of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from modules.crm.models import CARE, KINDS, SHARED, Client, Gender, Patient
from modules.crm.selectors import Colleague, Described
from modules.crm.services import LONGEST_REASON, SHORTEST_REASON, ContactDetails, PatientDetails
from webui.fields import set_choices

OFF = forms.TextInput(attrs={"autocomplete": "off"})


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
        names = ("first_name", "last_name", "birth_date")
        known = {name: data[name] for name in names}
        return PatientDetails(**known, gender=data["gender"] or Gender.UNKNOWN, alert=alert_in(self))

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
        names = ("first_name", "species", "breed", "birth_date")
        known = {name: data[name] for name in names}
        return PatientDetails(**known, gender=data["gender"] or Gender.UNKNOWN, alert=alert_in(self))

    def contact(self) -> ContactDetails:
        data = self.cleaned_data
        names = ("email", "phone", "street", "postal_code", "city")
        return ContactDetails(
            first_name=data["owner_first_name"],
            last_name=data["owner_last_name"],
            **{name: data[name] for name in names},
        )


RegistrationForm = PatientForm | AnimalForm


def registration_form(vertical: str, *args: Any, may_set_alert: bool, **kwargs: Any) -> RegistrationForm:
    """Return the form that a vertical registers with. Without the right to an alert, it has no such field."""
    form = AnimalForm(*args, **kwargs) if vertical == "vet" else PatientForm(*args, **kwargs)
    if not may_set_alert:
        del form.fields["alert"]
    return form


def alert_in(form: RegistrationForm) -> str:
    """Return the alert that was written, or the one that stands where the form has no field for it."""
    return str(form.cleaned_data.get("alert", form.initial.get("alert", "")))


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


def _why() -> forms.CharField:
    help_text = _("Stays in the record's history.")
    return forms.CharField(label=_("Why"), max_length=LONGEST_REASON, widget=OFF, help_text=help_text)


class AccessForm(forms.Form):
    """Put a patient into a colleague's care, or share the record with one."""

    member_id = forms.ChoiceField(label=_("Colleague"))
    kind = forms.ChoiceField(
        label=_("What for"),
        widget=forms.RadioSelect,
        initial=KINDS[SHARED],
        choices=[
            (KINDS[CARE], _("To treat: read and write")),
            (KINDS[SHARED], _("To have a look: read only")),
        ],
    )
    until_day = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = _why()

    def __init__(self, *args: Any, colleagues: Iterable[Colleague], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose")), *((str(each.member_id), each.name) for each in colleagues)]
        set_choices(self, "member_id", choices)
        self.fields["until_day"].help_text = _("For reading only; empty means until somebody ends it.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("until_day") and given.get("kind") == KINDS[CARE]:
            self.add_error(
                "until_day", _("Care has no last day: it is ended or handed over. Share the record instead.")
            )
        if given.get("member_id"):
            given["member_id"] = UUID(given["member_id"])
        return given

    def until(self) -> datetime | None:
        """Return the end of the last day, by the practice's clock."""
        day: date | None = self.cleaned_data["until_day"]
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())


class EndForm(forms.Form):
    """Why it ends, and who goes on."""

    to = forms.ChoiceField(label=_("Hand over to"), required=False)
    reason = _why()

    def __init__(self, *args: Any, receivers: Iterable[Colleague], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.member_id), each.name) for each in receivers]
        if choices:
            set_choices(self, "to", [("", _("Nobody")), *choices])
        else:
            del self.fields["to"]

    def clean_to(self) -> UUID | None:
        return UUID(self.cleaned_data["to"]) if self.cleaned_data["to"] else None


class EmergencyForm(forms.Form):
    """Why a record must be opened now."""

    reason = forms.CharField(
        label=_("What is the emergency"),
        max_length=LONGEST_REASON,
        min_length=SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The owners read it at once, and it stays in the record's history."),
    )


class DescriptionForm(EmergencyForm):
    """Whose record it is, as they or whoever came with them can tell."""

    first_name = forms.CharField(label=_("First name"), max_length=70, widget=OFF)
    last_name = forms.CharField(label=_("Last name"), max_length=70, widget=OFF)
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    contact = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        required=False,
        widget=OFF,
        help_text=_("If the date of birth is not known, or several people have this name."),
    )
    field_order = ["first_name", "last_name", "birth_date", "contact", "reason"]

    def __init__(self, *args: Any, vertical: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if vertical == "vet":
            self.fields["first_name"].label = _("Name of the animal")
            self.fields["last_name"].label = _("Owner's last name")

    def described(self) -> Described:
        names = ("first_name", "last_name", "birth_date", "contact")
        return Described(**{name: self.cleaned_data[name] for name in names})
