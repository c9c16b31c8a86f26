"""Begin to erase somebody: from this moment nobody finds, books or bills them, and a job does the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotFound
from kernel.events import publish
from kernel.locking import lock_rows
from modules.crm.events import PersonErased
from modules.crm.models import Client, Erasure, Patient
from modules.crm.models.flags import day_here
from modules.crm.services.ending import what_is_to_come
from modules.crm.services.erasing.planning import Plan, plan_of
from modules.crm.services.erasing.scope import People, others_involved, people_of_client, people_with, personal
from modules.crm.services.erasing.terms import terms_here
from modules.crm.services.imports.beginning import forget_copies


class CannotErase(Conflict):
    """Something has to be put right first: a visit to come, a bill that nobody issued."""

    code = "cannot-erase"


class ErasedOtherwise(Conflict):
    """What is kept about them is not what it was when somebody agreed to have them erased."""

    code = "changed-since"


class NobodyThere(NotFound):
    code = "nobody-to-erase"


def plan_here(people: People, *, at: datetime) -> Plan:
    """Return what erasing them today would do here."""
    return plan_of(people, terms=terms_here(), on=day_here(at))


def hindrances(people: People, *, at: datetime) -> list[str]:
    """Return what stands in the way, in sentences."""
    patients = list(Patient.with_merged.filter(pk__in=people.patients))
    problems = [*what_is_to_come(patients, at=at)]
    for each in personal():
        if each.hindrances:
            problems += each.hindrances(people.patients, people.clients)
    if any(each.is_animal for each in patients) and (others := others_involved(people)):
        names = ", ".join(each.name for each in others)
        problems.append(_("%(names)s also answers for an animal of theirs. Hand it over first.") % {"names": names})
    return problems


@transaction.atomic
def erase_person(
    *, patient_id: UUID | None = None, client_id: UUID | None = None, mark: str, by: Any, at: datetime
) -> Erasure:
    """Erase a patient with the clients who were here for them only, or a client with their patients.

    `mark` is of the plan that was agreed to. Whoever was erased already is not erased twice: the first receipt is
    returned. Raises `CannotErase`, `ErasedOtherwise` or `NobodyThere`.
    """
    if done := Erasure.objects.of(patient_id, client_id).first():
        return done
    people = _locked(patient_id, client_id)
    if done := Erasure.objects.of(patient_id, client_id).first():  # while we waited
        return done
    plan = plan_here(people, at=at)
    if problems := hindrances(people, at=at):
        raise CannotErase(" ".join(problems))
    if mark != plan.mark:
        raise ErasedOtherwise(_("Something changed since you looked. Look again at what will be erased."))
    erasure = Erasure.objects.create(
        patients=sorted(people.patients),
        clients=sorted(people.clients),
        accounts=sorted(people.accounts),
        country=terms_here().country,
        mark=mark,
        at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    close(people, at=at)
    with audit.together():
        audit.record(action="crm.erasure.begun", of=erasure, by=by, changes={"kept_until": (None, plan.last_on)})
        for each in (*_rows(Patient, people.patients), *_rows(Client, people.clients)):
            audit.record(action=f"{each._meta.label_lower}.erased", of=each, by=by)
    publish(PersonErased(erasure_id=erasure.pk))
    return erasure


def close(people: People, *, at: datetime) -> None:
    """Have nobody find, book or bill them any more, nor read them in a file they came with; their account sees
    nothing."""
    for patient in _rows(Patient, people.patients):
        patient.ended_at, patient.erased_at = patient.ended_at or at, at
        patient.save(update_fields=["ended_at", "erased_at"])
    Client.with_merged.filter(pk__in=people.clients).update(erased_at=at, user_id=None, claimed_at=None)
    forget_copies(patients=people.patients, clients=people.clients)


def _rows(model: Any, keys: frozenset[UUID]) -> list[Any]:
    return list(model.with_merged.filter(pk__in=keys).order_by("pk"))


def _locked(patient_id: UUID | None, client_id: UUID | None) -> People:
    """Lock patients before clients, each by their keys, as whoever books or merges does; return who they are then."""
    people = _people(patient_id, client_id)
    list(lock_rows(Patient.with_merged.filter(pk__in=people.patients)))
    list(lock_rows(Client.with_merged.filter(pk__in=people.clients)))
    return _people(patient_id, client_id)


def _people(patient_id: UUID | None, client_id: UUID | None) -> People:
    patient = Patient.objects.select_related("client").filter(pk=patient_id).first() if patient_id else None
    if patient is not None:
        return people_with(patient)
    client = Client.objects.filter(pk=client_id).first() if client_id else None
    if client is not None:
        return people_of_client(client)
    raise NobodyThere(_("There is no such record."))
