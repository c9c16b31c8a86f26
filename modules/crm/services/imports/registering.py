"""Register many at once, each as one would be alone: with their client, weight, search key and the news of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit import recording as audit
from kernel.events import publish
from modules.crm.domain.folding import fold
from modules.crm.events import PatientRegistered
from modules.crm.models import Client, Done, ImportedRow, Patient, Weight
from modules.crm.services.imports.rows import Entry
from modules.crm.services.registering import PatientDetails, names_in
from modules.crm.services.search_keys import renew_search_keys
from privacy.fields import digests_in

Who = tuple[str, ...]
DETAILS = names_in(PatientDetails)


class Newcomers:
    """Those of an import who are registered, some at a time."""

    def __init__(self, *, by: Any, at: datetime) -> None:
        self.by, self.at = by, at
        self.owners: dict[Who, UUID] = {}
        self.chips: dict[str, UUID] = {}
        self.clients: list[Client] = []
        self.patients: list[Patient] = []
        self.weights: list[Weight] = []

    def look_for(self, entries: Sequence[Entry]) -> None:
        """Find the owners and the chips of these entries that are known here."""
        chips = {entry.patient.microchip for entry in entries if entry.patient.microchip}
        bearers = Patient.objects.filter(microchip__in=chips, died_on=None) if chips else Patient.objects.none()
        self.chips |= dict(bearers.values_list("microchip", "pk"))
        owners = [entry for entry in entries if entry.patient.species]
        if owners:
            for client in Client.objects.filter(_reached_like(owners)):
                for who in _ways_to_tell(_contact_of(client)):
                    self.owners.setdefault(who, client.pk)

    def is_chip_taken(self, chip: str, *, of: UUID | None) -> bool:
        bearer = self.chips.get(chip) if chip else None
        return bearer is not None and bearer != of

    def add(self, row: ImportedRow, entry: Entry) -> None:
        """Have somebody be registered with the others."""
        client_id = self._owner_of(entry) if entry.patient.species else None
        if client_id is None:
            client = Client(**entry.contact)
            self.clients.append(client)
            row.client_id = client_id = client.pk
            if entry.patient.species:
                self._remember(entry, client.pk)
        patient = Patient(client_id=client_id, **{name: getattr(entry.patient, name) for name in DETAILS})
        self.patients.append(patient)
        row.patient_id, row.done = patient.pk, Done.CREATED
        if patient.microchip:
            self.chips[patient.microchip] = patient.pk
        if entry.grams:
            row.weight_id = self._weigh(patient, entry.grams)

    def register(self) -> None:
        """Write them all down."""
        ids = [patient.pk for patient in self.patients]
        Client.objects.bulk_create(self.clients)
        Patient.objects.bulk_create(self.patients)
        Weight.objects.bulk_create(self.weights)
        renew_search_keys(patient_ids=ids)
        audit.listed(what=Patient, subjects=ids, by=self.by, how="imported")
        for pk in ids:
            publish(PatientRegistered(patient_id=pk, is_imported=True))
        self.clients, self.patients, self.weights = [], [], []

    def _weigh(self, patient: Patient, grams: int) -> UUID:
        weight = Weight(patient=patient, grams=grams, measured_at=self.at, by_id=self.by.pk, by_name=str(self.by))
        self.weights.append(weight)
        return weight.pk

    def _owner_of(self, entry: Entry) -> UUID | None:
        """Return the owner if they are known by name and something more, or stand in the file just so above."""
        ways = [*_ways_to_tell(entry.contact), _all_of_it(entry)]
        return next((self.owners[who] for who in ways if who in self.owners), None)

    def _remember(self, entry: Entry, client_id: UUID) -> None:
        for who in [*_ways_to_tell(entry.contact), _all_of_it(entry)]:
            self.owners.setdefault(who, client_id)


def _contact_of(client: Client) -> dict[str, Any]:
    names = ("organisation", "first_name", "last_name", "email", "phone")
    return {name: getattr(client, name) for name in names} | {"tax_code": client.tax_code}


def _name_in(contact: dict[str, Any]) -> str:
    return fold(f"{contact['organisation']} {contact['first_name']} {contact['last_name']}")


def _ways_to_tell(contact: dict[str, Any]) -> list[Who]:
    """Return by what an owner is the same as another: the name, and one thing more."""
    more = ((what, contact[what]) for what in ("email", "phone", "tax_code"))
    return [(what, value, _name_in(contact)) for what, value in more if value]


def _all_of_it(entry: Entry) -> Who:
    return ("all", *(str(entry.contact[name]) for name in sorted(entry.contact)))


def _reached_like(owners: Sequence[Entry]) -> Q:
    codes = [entry.contact["tax_code"] for entry in owners if entry.contact["tax_code"]]
    return (
        Q(email__in={entry.contact["email"] for entry in owners} - {""})
        | Q(phone__in={entry.contact["phone"] for entry in owners} - {""})
        | Q(tax_code_digest__in=[digest for code in codes for digest in digests_in(Client, "tax_code", code)])
    )
