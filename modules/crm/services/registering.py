"""What makes a record: the details of a patient and of a client, read and checked before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from kernel.errors import Conflict, Invalid
from modules.crm.domain.microchips import NotAMicrochip, read_chip
from modules.crm.domain.phones import NotAPhoneNumber, to_e164
from modules.crm.domain.subjects import NOT_KEPT_OF, subject_of
from modules.crm.domain.tax_codes import Bearer
from modules.crm.models import Client, Gender, Patient
from modules.crm.selectors import country_here
from modules.crm.services.tax_codes import read_tax_code
from tenancy import current_tenant

Problems = dict[str, list[str]]


class NotRegistrable(Invalid):
    """What was given does not make a record."""

    code = "registration-invalid"


class ChipTaken(Conflict):
    """Two living animals do not bear one microchip."""

    code = "microchip-taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """How to reach a client. `phone` is as typed; it is stored as E.164. One with an `organisation` is no person."""

    organisation: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    district: str = ""
    country: str = ""
    tax_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """Who is treated."""

    first_name: str
    last_name: str = ""
    preferred_name: str = ""
    birth_date: date | None = None
    gender: str = Gender.UNKNOWN
    species: str = ""
    breed: str = ""
    neutered: bool | None = None
    microchip: str = ""
    colour: str = ""
    tax_code: str = ""


NOTHING = PatientDetails(first_name="")


def names_in(details: PatientDetails | ContactDetails | type[PatientDetails | ContactDetails]) -> list[str]:
    return [field.name for field in fields(details)]


def filled_in(details: PatientDetails) -> list[str]:
    """Return the names of what was said at all."""
    return [name for name in names_in(details) if getattr(details, name) != getattr(NOTHING, name)]


def read_patient(details: PatientDetails, *, country: str, on: date, was: Patient | None = None) -> PatientDetails:
    """Return the details as they are kept. Raises `NotRegistrable`, or `ChipTaken` for another living animal's chip.

    What is kept already, `was`, is not held against rules that came later.
    """
    checked = check_details(details, country=country, on=on, was=was)
    _check_chip_is_free(checked.microchip, of=was)
    return checked


def check_details(details: PatientDetails, *, country: str, on: date, was: Patient | None = None) -> PatientDetails:
    """Return the details as they are kept, without a look at whom else there is. Raises `NotRegistrable`."""
    problems = _check_names_and_dates(details, on=on)
    for name in NOT_KEPT_OF.get(subject_of(current_tenant().vertical), ()):
        if name in filled_in(details) and (was is None or getattr(was, name) != getattr(details, name)):
            problems[name] = [_("This is not kept of customers.")]
    chip, code = "", details.tax_code
    try:
        chip = read_chip(details.microchip)
    except NotAMicrochip:
        problems["microchip"] = [_("A microchip has 15 digits.")]
    if was is None or was.tax_code != code:
        code, sentences = read_tax_code(code, country=country, bearer=_bearer(details))
        problems |= {"tax_code": sentences} if sentences else {}
    _refuse(problems)
    return replace(details, microchip=chip, tax_code=code)


def as_kept(contact: ContactDetails, *, was: Client | None = None, country: str = "") -> dict[str, Any]:
    """Return the fields as they are stored: e-mail in small letters, phone in E.164. Raises `NotRegistrable`.

    `country` is where numbers without one are from if the address does not say.
    """
    country = contact.country or country or country_here()
    problems: Problems = {}
    phone = ""
    try:
        phone = to_e164(contact.phone, country=country)
    except NotAPhoneNumber:
        problems["phone"] = [_("“%(phone)s” is not a phone number.") % {"phone": contact.phone}]
    bearer = Bearer() if contact.organisation else Bearer(first_name=contact.first_name, last_name=contact.last_name)
    tax_code, sentences = read_tax_code(contact.tax_code, country=country, bearer=bearer)
    if sentences and (was is None or was.tax_code != tax_code):
        problems["client_tax_code"] = sentences
    _refuse(problems)
    kept = {name: getattr(contact, name) for name in names_in(contact)}
    return kept | {"phone": phone, "email": contact.email.strip().lower(), "tax_code": tax_code}


def _bearer(details: PatientDetails) -> Bearer:
    return Bearer(
        first_name=details.first_name,
        last_name=details.last_name,
        birth_date=details.birth_date,
        sex=details.gender,
    )


def _check_names_and_dates(details: PatientDetails, *, on: date) -> Problems:
    problems: Problems = {}
    if not details.first_name.strip():
        problems["first_name"] = [_("A name is needed.")]
    if details.birth_date and details.birth_date > on:
        problems["birth_date"] = [_("Nobody is born in the future.")]
    if details.birth_date and details.birth_date.year < on.year - 130:
        problems["birth_date"] = [_("That is more than 130 years ago.")]
    return problems


def _check_chip_is_free(chip: str, *, of: Patient | None) -> None:
    """Say it in good time; two at once are kept apart by the database."""
    bearers = Patient.objects.filter(microchip=chip, died_on=None).exclude(pk__in=[of.pk] if of else [])
    if chip and bearers.exists():
        raise chip_taken()


def chip_taken() -> ChipTaken:
    sentence = _("Another living animal here bears this microchip.")
    return ChipTaken(sentence, fields={"microchip": [sentence]})


def _refuse(problems: Problems) -> None:
    if problems:
        raise NotRegistrable(
            " ".join(sentence for sentences in problems.values() for sentence in sentences), fields=problems
        )
