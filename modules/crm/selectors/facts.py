"""What is known of somebody, or was said of them, to compare with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.crm.domain.duplicates import Code, Facts, Paper
from modules.crm.domain.microchips import NotAMicrochip, read_chip
from modules.crm.domain.phones import NotAPhoneNumber, to_e164
from modules.crm.domain.tax_codes import as_written
from modules.crm.models import Client, IdentityDocument, Patient
from modules.crm.selectors.people import country_here
from privacy.fields import digests_in


def read_facts(said: Mapping[str, Any]) -> Facts:
    """Return what was said of somebody as it is kept, by the names of the registration's fields."""
    owner = f"{said.get('owner_first_name') or ''} {said.get('owner_last_name') or ''}".strip()
    species = said.get("species") or ""
    organisation = said.get("client_organisation") or ""
    code = as_written(said.get("tax_code") or said.get("client_tax_code") or "")
    return Facts(
        first_name=said.get("first_name") or "",
        last_name=said.get("last_name") or "",
        organisation="" if species else organisation,
        birth_date=said.get("birth_date"),
        sex=said.get("gender") or "",
        phone=_phone(said.get("phone") or "", country=said.get("country") or country_here()),
        email=(said.get("email") or "").strip().lower(),
        codes=codes_of(code),
        papers=papers_of(as_written(said.get("identity_number") or "")),
        microchip=_chip(said.get("microchip") or ""),
        species=species,
        owner=(organisation or owner) if species else "",
    )


def _phone(text: str, *, country: str) -> str:
    try:
        return to_e164(text, country=country)
    except NotAPhoneNumber:
        return ""


def _chip(text: str) -> str:
    try:
        return read_chip(text)
    except NotAMicrochip:
        return ""


def facts_of(patient: Patient) -> Facts:
    """Return what is known of a patient, to compare with others. For many, fetch their documents and their clients'."""
    client = patient.client
    codes, papers = {_code(Patient, patient.tax_code_digest)}, list(patient.identity_documents.all())
    if client.name == patient.name:  # a parent's or an owner's code is not the patient's
        codes.add(_code(Client, client.tax_code_digest))
        papers += client.identity_documents.all()
    return Facts(
        first_name=patient.first_name,
        last_name=patient.last_name,
        organisation=client.organisation if client.organisation == patient.first_name else "",
        birth_date=patient.birth_date,
        sex=patient.gender,
        phone=client.phone,
        email=client.email.lower(),
        further=_further(client),
        codes=frozenset(code for code in codes if code.digest),
        papers=frozenset(Paper(each.country, each.number_digest) for each in papers),
        microchip=patient.microchip,
        species=patient.species,
        owner=client.name if patient.is_animal else "",
    )


def facts_of_owner(client: Client) -> Facts:
    """Return what is known of a client by themselves."""
    return Facts(
        first_name=client.first_name,
        last_name=client.last_name,
        organisation=client.organisation,
        phone=client.phone,
        email=client.email.lower(),
        further=_further(client),
        codes=frozenset({_code(Client, client.tax_code_digest)} if client.tax_code_digest else ()),
        papers=frozenset(Paper(each.country, each.number_digest) for each in client.identity_documents.all()),
    )


def _further(client: Client) -> frozenset[str]:
    return frozenset(each.value for each in client.contact_points.all())


def codes_of(text: str) -> frozenset[Code]:
    """Return what a tax code is found by, as a patient's or a client's."""
    return frozenset(
        _code(model, digest) for model in (Patient, Client) if text for digest in digests_in(model, "tax_code", text)
    )


def papers_of(number: str) -> frozenset[Paper]:
    """Return what an identity document of this number is found by, whatever its country."""
    return (
        frozenset(Paper("", digest) for digest in digests_in(IdentityDocument, "number", number))
        if number
        else frozenset()
    )


def _code(model: type[Patient] | type[Client], digest: str) -> Code:
    return Code(model._meta.label_lower, digest)
