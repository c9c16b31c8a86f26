"""What the fields are called here that a column can go into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.fields import may_change
from modules.crm.domain.imports.fields import fields_for
from modules.crm.domain.subjects import Subject
from modules.crm.models import Client, Patient

LABELS: Mapping[str, str | Promise] = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "full_name": _("Whole name"),
    "preferred_name": _("Wants to be called"),
    "birth_date": _("Date of birth"),
    "gender": _("Gender"),
    "tax_code": _("Tax code"),
    "client_tax_code": _("Tax code"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "street": _("Street"),
    "postal_code": _("Postal code"),
    "city": _("Town"),
    "district": _("District"),
    "region": _("Region"),
    "country": _("Country"),
    "organisation": _("Firm"),
    "species": _("Species"),
    "breed": _("Breed"),
    "colour": _("Colour and markings"),
    "neutered": _("Neutered"),
    "microchip": _("Microchip"),
    "weight": _("Weight"),
    "owner_first_name": _("Owner's first name"),
    "owner_last_name": _("Owner's last name"),
    "owner_name": _("Owner's whole name"),
}
OF_ANIMALS: Mapping[str, str | Promise] = {
    "first_name": _("Name of the animal"),
    "gender": _("Sex"),
    "organisation": _("Stable, shelter or firm"),
}
GUARDED = {"tax_code": (Patient, "tax_code"), "client_tax_code": (Client, "tax_code")}


def labels_for(subject: Subject, *, of: Any = None) -> dict[str, str]:
    """Return the fields by what they are called; those that somebody may set, if it is said who."""
    called = {**LABELS, **(OF_ANIMALS if subject is Subject.ANIMAL else {})}
    return {field: str(called[field]) for field in fields_for(subject) if of is None or _may_set(of, field)}


def _may_set(user: Any, field: str) -> bool:
    return field not in GUARDED or may_change(user, *GUARDED[field])
