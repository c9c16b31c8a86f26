"""The forms of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.contacts.regions import Regions, as_listed
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.models import CARE, KINDS, SHARED, Client, Gender, Patient
from modules.crm.selectors import Colleague, Described
from modules.crm.services import LONGEST_REASON, SHORTEST_REASON, ContactDetails, PatientDetails
from modules.crm.services.registering import names_in
from tenancy import current_tenant
from webui.fields import set_choices

OFF = forms.TextInput(attrs={"autocomplete": "off"})
DIGITS = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
NAMES = ("first_name", "last_name")
ADDRESS = ("email", "phone", "street", "postal_code", "city", "region", "district", "country")


def _tax_code() -> forms.CharField:
    return forms.CharField(label=_("Tax code"), max_length=32, required=False, widget=OFF)


class ContactForm(forms.Form):
    """How to reach somebody."""

    regions: Regions = {}  # those that it suggests

    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    street = forms.CharField(label=_("Street"), max_length=120, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=16, required=False)
    city = forms.CharField(label=_("Town"), max_length=80, required=False)
    district = forms.CharField(label=_("District"), max_length=80, required=False)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)

    def kept(self, names: Iterable[str]) -> dict[str, Any]:
        """Return what was written; of what this form has no field for, what stands."""
        said = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        return {name: self.initial[name] for name in names if name in self.initial} | said

    def patient(self) -> PatientDetails:
        known = self.kept(names_in(PatientDetails))
        return PatientDetails(**known | {"gender": known.get("gender") or Gender.UNKNOWN})

    def contact(self) -> ContactDetails:
        """Return how to reach the client: the patient, unless the form asks for somebody else."""
        address = self.kept(ADDRESS)
        address["region"] = region = as_listed(address.get("region", ""), self.regions)
        address["district"] = as_listed(address.get("district", ""), self.regions.get(region, ()))
        return ContactDetails(**address, **self.client())

    def client(self) -> dict[str, Any]:
        """Return who the client is: the patient, unless somebody of another name was before."""
        of_client = ("client_organisation", "client_tax_code", "client_first_name", "client_last_name")
        kept = {name.removeprefix("client_"): value for name, value in self.kept(of_client).items()}
        is_other = any(self.initial.get(name) != self.initial.get(f"client_{name}") for name in NAMES)
        return kept if is_other else kept | self.kept(NAMES)


class PatientForm(ContactForm):
    """A person who is their own client: of a clinic, or a shop."""

    first_name = forms.CharField(label=_("First name"), max_length=70)
    last_name = forms.CharField(label=_("Last name"), max_length=70, required=False)
    preferred_name = forms.CharField(
        label=_("Wants to be called"), max_length=70, required=False, help_text=_("If it is not the first name.")
    )
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender.choices, initial=Gender.UNKNOWN, required=False)
    tax_code = _tax_code()
    field_order = [
        "first_name",
        "last_name",
        "preferred_name",
        "birth_date",
        "gender",
        "tax_code",
        "phone",
        "email",
        *ADDRESS[2:],
    ]


class CustomerForm(ContactForm):
    """Who buys: a person, or a firm and whom to ask for there. Nothing clinical is asked."""

    first_name = forms.CharField(label=_("First name"), max_length=70, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=70, required=False)
    client_organisation = forms.CharField(
        label=_("Firm"), max_length=70, required=False, help_text=_("Then the name is that of whom to ask for there.")
    )
    client_tax_code = _tax_code()
    field_order = [
        "first_name",
        "last_name",
        "client_organisation",
        "phone",
        "email",
        *ADDRESS[2:],
        "client_tax_code",
    ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("first_name") and not given.get("client_organisation"):
            self.add_error("first_name", _("A name is needed."))
        return given

    def patient(self) -> PatientDetails:
        firm = self.cleaned_data.get("client_organisation")
        return replace(super().patient(), first_name=firm, last_name="") if firm else super().patient()


class AnimalForm(ContactForm):
    """An animal, and whoever brings it and pays."""

    first_name = forms.CharField(label=_("Name of the animal"), max_length=70)
    species = forms.CharField(label=_("Species"), max_length=40)
    breed = forms.CharField(label=_("Breed"), max_length=60, required=False)
    colour = forms.CharField(label=_("Colour and markings"), max_length=60, required=False)
    neutered = forms.TypedChoiceField(
        label=_("Neutered"),
        choices=[("", _("Not said")), ("True", _("Yes")), ("False", _("No"))],
        coerce=lambda said: said == "True",
        empty_value=None,
        required=False,
    )
    microchip = forms.CharField(label=_("Microchip"), max_length=24, required=False, widget=DIGITS)
    birth_date = forms.DateField(
        label=_("Born"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Sex"), choices=Gender.choices, initial=Gender.UNKNOWN, required=False)
    owner_first_name = forms.CharField(label=_("Owner's first name"), max_length=70)
    owner_last_name = forms.CharField(label=_("Owner's last name"), max_length=70, required=False)
    client_organisation = forms.CharField(
        label=_("Stable, shelter or firm"),
        max_length=70,
        required=False,
        help_text=_("If it owns the animal; the name is then that of whom to ask for there."),
    )
    client_tax_code = _tax_code()
    field_order = [
        "first_name",
        "species",
        "breed",
        "colour",
        "birth_date",
        "gender",
        "neutered",
        "microchip",
        "owner_first_name",
        "owner_last_name",
        "client_organisation",
        "phone",
        "email",
        *ADDRESS[2:],
        "client_tax_code",
    ]

    def client(self) -> dict[str, Any]:
        owner = {"first_name": "owner_first_name", "last_name": "owner_last_name"}
        return super().client() | {name: self.cleaned_data[field] for name, field in owner.items()}


RegistrationForm = PatientForm | CustomerForm | AnimalForm
FORMS: dict[Subject, type[RegistrationForm]] = {
    Subject.PERSON: PatientForm,
    Subject.ANIMAL: AnimalForm,
    Subject.CUSTOMER: CustomerForm,
}
OF_CLIENT = {"client_tax_code": "tax_code"}


def registration_form(
    vertical: str, *args: Any, may_set: Callable[[type[Model], str], bool], **kwargs: Any
) -> RegistrationForm:
    """Return the form that a vertical registers with, without the fields that are not for whoever fills it in."""
    form = FORMS[subject_of(vertical)](*args, **kwargs)
    for name in list(form.fields):
        if not (may_set(Client, OF_CLIENT[name]) if name in OF_CLIENT else may_set(Patient, name)):
            del form.fields[name]
    return form


QUICK: dict[Subject, tuple[str, ...]] = {
    Subject.PERSON: ("first_name", "last_name", "phone", "email"),
    Subject.ANIMAL: ("first_name", "species", "owner_first_name", "owner_last_name", "phone", "email"),
    Subject.CUSTOMER: ("first_name", "last_name", "client_organisation", "phone", "email"),
}


def quick_form(vertical: str, data: Any, **options: Any) -> RegistrationForm:
    """Return the least that somebody is registered with; the cursor is where nothing stands yet."""
    form = registration_form(vertical, data, auto_id="quick_%s", **options)
    asked = QUICK[subject_of(vertical)]
    for name in list(form.fields):
        if name not in asked:
            del form.fields[name]
    empty = (name for name in asked if not (data or form.initial).get(name))
    ways = [name for name in empty if name not in ("last_name", "client_organisation")]
    form.fields[ways[0] if ways else asked[0]].widget.attrs["autofocus"] = True
    return form


def values_of(patient: Patient) -> dict[str, Any]:
    """Return what a form starts with for a patient who is registered."""
    client: Client = patient.client
    contact = {name: getattr(client, name) for name in ADDRESS}
    owner = {f"{who}_{name}": getattr(client, name) for who in ("owner", "client") for name in NAMES}
    of_client = {"client_organisation": client.organisation, "client_tax_code": client.tax_code}
    values = {name: getattr(patient, name) for name in names_in(PatientDetails)} | contact | owner | of_client
    if client.is_organisation and subject_of(current_tenant().vertical) is Subject.CUSTOMER:
        values |= {name: getattr(client, name) for name in NAMES}
    return values


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
