"""For whom an account answers on the portal, and who answers for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from modules.crm.domain.profiles import Right, rights_of, roles_that_give_any
from modules.crm.models import Client, Involvement, InvolvementRole, Patient, roles_of_account


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One patient as an account sees them on the portal."""

    patient: Patient
    roles: tuple[InvolvementRole, ...]
    rights: frozenset[Right]


def profiles_of(user_id: UUID) -> list[Profile]:
    """Return whom an account may see anything of, by name: one query. Whose record is closed is not among them."""
    rows = _open_roles(user_id).select_related("patient__client")
    roles: dict[UUID, set[str]] = {}
    patients: dict[UUID, Patient] = {}
    for row in rows:
        patients[row.patient_id] = row.patient
        roles.setdefault(row.patient_id, set()).add(row.role)
    profiles = [_profile(patient, roles[pk]) for pk, patient in patients.items()]
    return sorted(profiles, key=lambda each: (each.patient.name, each.patient.pk))


def profile_ids(user_id: UUID) -> set[UUID]:
    """Return who they are, without a name."""
    return set(_open_roles(user_id).values_list("patient_id", flat=True))


def _open_roles(user_id: UUID) -> QuerySet[Involvement]:
    return roles_of_account(user_id).filter(patient__ended_at=None, role__in=roles_that_give_any())


def _profile(patient: Patient, roles: set[str]) -> Profile:
    named = tuple(role for role in InvolvementRole if role in roles)
    return Profile(patient=patient, roles=named, rights=rights_of(roles))


def accounts_for(patient: Patient) -> list[UUID]:
    """Return the accounts of those who are anything to a patient: what they see is asked of the rules."""
    rows = Client.objects.filter(involvements__patient=patient).exclude(user_id=None)
    return [each for each in rows.values_list("user_id", flat=True).distinct() if each]
