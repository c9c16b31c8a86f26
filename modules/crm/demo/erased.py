"""Two who asked to be erased: of one nothing was kept, of the other the law has the note of their visit kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from modules.crm.models import Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    end_patient,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from modules.crm.services.erasing import erase_person, people_with, plan_here

if TYPE_CHECKING:
    from tenants.demo import Stage


def seed_erased(stage: Stage, *, at: datetime) -> None:
    """Have one person erased whole and one in part; a third moved away, and their record is closed for booking."""
    treats = stage.people["practitioner"]
    asked, treated, moved = (
        _registered(stage, name, at=at) for name in (("Theo", "Ashdown"), ("Lena", "Morley"), ("Ross", "Tindall"))
    )
    take_into_care(patient=treated, user_id=treats.pk, reason="first visit", by=stage.people["reception"], at=at)
    text = {"subjective": "Ankle turned on the stairs.", "plan": "Two weeks of rest, then balance."}
    note = save_note(patient=treated, appointment_id=None, sections=text, shared=False, by=treats, at=at)
    sign_note(note=note, by=treats, at=at)
    for patient in (asked, treated):
        mark = plan_here(people_with(patient), at=stage.now).mark
        erase_person(patient_id=patient.pk, mark=mark, by=stage.people["owner"], at=stage.now)
    end_patient(patient=moved, by=stage.people["reception"], at=stage.now)


def _registered(stage: Stage, name: tuple[str, str], *, at: datetime) -> Patient:
    first, last = name
    contact = ContactDetails(first_name=first, last_name=last, email=f"{first.lower()}@mail.example")
    details = PatientDetails(first_name=first, last_name=last)
    return register_patient(patient=details, contact=contact, by=stage.people["reception"], at=at)
