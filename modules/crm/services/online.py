"""Whoever books online: found by an e-mail that they have shown to be theirs, or registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from modules.crm.events import PatientRegistered
from modules.crm.models import Client, Patient
from modules.crm.services.registering import ContactDetails, NotRegistrable, as_kept
from modules.crm.services.search_keys import renew_search_keys
from tenancy import current_tenant

SOURCE = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Who writes, and who is to be treated: themself, unless they said somebody else."""

    first_name: str
    last_name: str
    email: str
    phone: str = ""
    patient_first_name: str = ""
    patient_last_name: str = ""
    species: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def patient_names(self) -> tuple[str, str]:
        if self.patient_first_name:
            return self.patient_first_name, self.patient_last_name
        return self.first_name, self.last_name

    @property
    def contact(self) -> ContactDetails:
        return ContactDetails(first_name=self.first_name, last_name=self.last_name, email=self.email, phone=self.phone)


class RecordIsClosed(Conflict):
    """They were here, and are not booked any more: a second record would be a way around that."""

    code = "record-closed"


def check_newcomer(newcomer: Newcomer) -> None:
    """Raise `NotRegistrable` for what could not be kept, so that it is heard before anything is held for them."""
    if not newcomer.first_name.strip():
        sentence = _("A name is needed.")
        raise NotRegistrable(sentence, fields={"first_name": [sentence]})
    as_kept(newcomer.contact)


@transaction.atomic
def find_or_register(*, newcomer: Newcomer) -> Patient:
    """Return the patient, new here or known. The e-mail must have been verified.

    Known is who bears the name, with a client who bears the e-mail, if that is exactly one: nobody is guessed among
    several, and nobody's record is opened by a name alone. Raises `RecordIsClosed` if the practice closed theirs.
    """
    email = newcomer.email.strip().lower()
    _one_at_a_time(email)
    theirs = Patient.objects.filter(died_on=None).select_related("client").filter(client__email=email)
    first, last = newcomer.patient_names
    named = [patient for patient in theirs if _alike(patient.name, f"{first} {last}")]
    active = [patient for patient in named if patient.is_active]
    if len(active) == 1:
        return active[0]
    if named and not active:
        raise RecordIsClosed(_("Please ring us to book: your record here is closed."))
    return _registered(newcomer, _client_of(newcomer, email))


def _client_of(newcomer: Newcomer, email: str) -> Client:
    """Return the one client of this e-mail and name, or a new one: two people may share an address."""
    known = [client for client in Client.objects.filter(email=email) if _alike(client.name, newcomer.name)]
    if len(known) == 1:
        return known[0]
    client = Client.objects.create(**as_kept(newcomer.contact))
    _note("crm.client.registered", client, ["first_name", "last_name", "email", "phone"])
    return client


def _registered(newcomer: Newcomer, client: Client) -> Patient:
    first, last = newcomer.patient_names
    patient = Patient.objects.create(client=client, first_name=first, last_name=last, species=newcomer.species)
    renew_search_keys(patient_ids=[patient.pk])
    _note("crm.patient.registered", patient, ["first_name", "last_name", "species"])
    publish(PatientRegistered(patient_id=patient.pk))
    return patient


def _note(action: str, row: Any, names: list[str]) -> None:
    audit.record(action=action, of=row, by=None, changes={**audit.created(row, names), "source": (None, SOURCE)})


def _alike(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _one_at_a_time(email: str) -> None:
    """Have the second of two bookings by one newcomer find the record that the first one makes."""
    with connection.cursor() as cursor:
        key = f"{current_tenant().schema_name}:newcomer:{email}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
