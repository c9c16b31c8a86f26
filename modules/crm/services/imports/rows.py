"""Read the cells of a row as a registration, by the rules of the desk's own forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.cells import as_meant
from modules.crm.domain.imports.fields import ADDRESS
from modules.crm.domain.imports.values import (
    NotReadable,
    is_nothing,
    read_country,
    read_date,
    read_gender,
    read_name,
    read_yes_or_no,
)
from modules.crm.domain.subjects import Subject
from modules.crm.domain.weights import NotAWeight, read_weight
from modules.crm.models import Client, Patient
from modules.crm.services.registering import ContactDetails, NotRegistrable, PatientDetails, as_kept, check_details

SHORTENED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)  # 3.93331E+11
LONGEST_PHONE, LONGEST_CHIP = 40, 24
Problems = dict[str, list[str]]


def _grams(text: str) -> int | None:
    return None if is_nothing(text) else read_weight(text)


def _email(text: str) -> str:
    if is_nothing(text):
        return ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise NotReadable(text) from error
    return text.lower()


READ: Mapping[str, Callable[[str], Any]] = {
    "birth_date": partial(read_date, day_first=True),
    "gender": read_gender,
    "neutered": read_yes_or_no,
    "country": read_country,
    "weight": _grams,
    "email": _email,
}
SENTENCES: Mapping[str, Any] = {
    "birth_date": gettext_lazy("“%(text)s” is not a date."),
    "gender": gettext_lazy("“%(text)s” is no gender that is known here."),
    "neutered": gettext_lazy("“%(text)s” says neither yes nor no."),
    "country": gettext_lazy("“%(text)s” is no country that is known here."),
    "weight": gettext_lazy("“%(text)s” is not a weight."),
    "email": gettext_lazy("“%(text)s” is not an e-mail address."),
}
NUMBERS = {"phone", "microchip", "tax_code", "client_tax_code"}
DETAILS = (
    "preferred_name",
    "birth_date",
    "gender",
    "species",
    "breed",
    "neutered",
    "microchip",
    "colour",
    "tax_code",
)


class RowRefused(ValueError):
    """A row that makes no registration; `problems` has sentences by field."""

    def __init__(self, problems: Problems) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody as a row has them. `said` and `said_of_client` are the names of what it says at all."""

    patient: PatientDetails
    contact: dict[str, Any]  # as it is kept
    grams: int | None
    said: frozenset[str]
    said_of_client: frozenset[str]

    @property
    def client_name(self) -> str:
        whole = f"{self.contact['first_name']} {self.contact['last_name']}".strip()
        return self.contact["organisation"] or whole


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """Reads rows of one import: which column is what, and how dates and phones are meant."""

    columns: Mapping[int, str]
    subject: Subject
    day_first: bool
    country: str
    on: date

    def read(self, cells: Sequence[str]) -> Entry:
        """Return what a row says. Raises `RowRefused`."""
        given = {field: as_meant(cells[place]) for place, field in self.columns.items() if cells[place]}
        problems: Problems = _too_long(given)
        values = self._values(given, problems)
        if problems:
            raise RowRefused(problems)
        return self._entry(values)

    def _values(self, given: Mapping[str, str], problems: Problems) -> dict[str, Any]:
        values: dict[str, Any] = dict(given)
        for field in READ.keys() & given.keys():
            try:
                values[field] = self._read(field, given[field])
            except (NotReadable, NotAWeight):
                problems[field] = [str(SENTENCES[field]) % {"text": given[field]}]
        for field in NUMBERS & given.keys():
            values[field] = "" if is_nothing(given[field]) else given[field]
            if SHORTENED.fullmatch(given[field]):
                problems[field] = [_("A spreadsheet shortened this number. Show the column as text and fill it anew.")]
        return values

    def _read(self, field: str, text: str) -> Any:
        if field == "birth_date":
            return read_date(text, day_first=self.day_first, on=self.on)
        return READ[field](text)

    def _entry(self, values: dict[str, Any]) -> Entry:
        person, owner = self._names(values)
        details = {name: values[name] for name in DETAILS if values.get(name) not in (None, "")}
        firm = values.get("organisation", "")
        if self.subject is Subject.CUSTOMER and firm:
            person = {"first_name": firm}
        patient = PatientDetails(**{"first_name": ""} | details | person)
        said_of_client = {name: values[name] for name in ADDRESS if values.get(name)}
        said_of_client |= {"organisation": firm} if firm else {}
        said_of_client |= {"tax_code": values["client_tax_code"]} if values.get("client_tax_code") else {}
        contact = ContactDetails(**said_of_client, **owner)
        problems = self._missing(patient, contact)
        checked, kept = self._checked(patient, contact, problems)
        return Entry(
            patient=checked,
            contact=kept,
            grams=values.get("weight"),
            said=frozenset({*details, *(name for name, text in person.items() if text)}),
            said_of_client=frozenset({*said_of_client, *(name for name, text in owner.items() if text)}),
        )

    def _names(self, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the patient's names and those of their client."""
        person = _whole(values, "full_name", "")
        if self.subject is Subject.ANIMAL:
            return {"first_name": person["first_name"]}, _whole(values, "owner_name", "owner_")
        if not person["first_name"] and person["last_name"]:
            person = {"first_name": person["last_name"], "last_name": ""}
        return person, person

    def _missing(self, patient: PatientDetails, contact: ContactDetails) -> Problems:
        problems: Problems = {}
        if not patient.first_name:
            problems["first_name"] = [_("A name is needed.")]
        if self.subject is Subject.ANIMAL:
            if not patient.species:
                problems["species"] = [_("Say what animal it is.")]
            if not contact.first_name and not contact.last_name and not contact.organisation:
                problems["owner_name"] = [_("Say whose animal it is.")]
        return problems

    def _checked(
        self, patient: PatientDetails, contact: ContactDetails, problems: Problems
    ) -> tuple[PatientDetails, dict[str, Any]]:
        checked, kept = patient, {}
        try:
            checked = check_details(patient, country=contact.country or self.country, on=self.on)
        except NotRegistrable as refused:
            problems = {field: list(sentences) for field, sentences in refused.fields.items()} | problems
        try:
            kept = as_kept(contact, country=self.country)
        except NotRegistrable as refused:
            problems |= {field: list(sentences) for field, sentences in refused.fields.items()}
        if problems:
            raise RowRefused(problems)
        return checked, kept


def _whole(values: Mapping[str, str], whole: str, prefix: str) -> dict[str, str]:
    """Return first and last name, from their own columns or else from the one that has both."""
    first, last = values.get(f"{prefix}first_name", ""), values.get(f"{prefix}last_name", "")
    if not first and not last and values.get(whole):
        first, last = read_name(values[whole])
    return {"first_name": first, "last_name": last}


def _too_long(given: Mapping[str, str]) -> Problems:
    return {
        field: [_("This is longer than %(n)s letters.") % {"n": _longest(field)}]
        for field, text in given.items()
        if len(text) > _longest(field)
    }


@cache
def _longest(field: str) -> int:
    if field == "phone":
        return LONGEST_PHONE
    if field == "microchip":
        return LONGEST_CHIP
    name = {"client_tax_code": "tax_code", "organisation": "first_name", "country": "city"}.get(field, field)
    name = name.removeprefix("owner_")
    if name in ("full_name", "name"):
        return 70
    for model in (Patient, Client):
        if name in {each.name for each in model._meta.concrete_fields}:
            return getattr(model._meta.get_field(name), "max_length", None) or LONGEST_PHONE
    return LONGEST_PHONE
