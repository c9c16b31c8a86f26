"""Some who are here twice, and some who only seem to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modules.crm.models import DuplicatePair, Patient
from modules.crm.services import ContactDetails, PatientDetails, find_pairs, register_patient, tell_apart

if TYPE_CHECKING:
    from tenants.demo import Stage


def seed_twice(stage: Stage, registered: list[Patient]) -> None:
    """One was registered again with a typo; a daughter is named like her mother, and the desk knows them both."""
    again, mother = registered[11], registered[13]
    for each in (again, mother):
        _register_again(stage, each)
    find_pairs(at=stage.now)
    for pair in DuplicatePair.objects.of(mother.pk):
        tell_apart(pair=pair, seen=pair.reasons, by=stage.people["reception"], at=stage.now)


def _register_again(stage: Stage, patient: Patient) -> None:
    """Somebody at the desk did not find them, and misspelt the name: they are there twice."""
    client = patient.client
    name = f"{client.last_name[:-2]}{client.last_name[-1]}{client.last_name[-2]}"
    again = ContactDetails(first_name=client.first_name, last_name=name, phone=client.phone)
    details = PatientDetails(first_name=client.first_name, last_name=name)
    register_patient(patient=details, contact=again, by=stage.people["reception"], at=stage.now)
