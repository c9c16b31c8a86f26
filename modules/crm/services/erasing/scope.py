"""Who is erased with whom: a record, what was merged into it, and the clients on whom nothing else hangs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db.models import Q

from access.models import Member
from kernel.modules import installed_modules
from modules.crm.domain.erasing import Nothing, Personal
from modules.crm.models import Client, Involvement, Patient
from modules.crm.selectors.people import with_merged


class People(NamedTuple):
    """`accounts` are those by which they used the portal, if they use it for nobody else."""

    patients: frozenset[UUID]
    clients: frozenset[UUID]
    accounts: frozenset[UUID]


def people_with(patient: Patient) -> People:
    """Return who is erased with a patient. An animal is erased with its owner."""
    if patient.is_animal:
        return people_of_client(patient.client)
    return _with_clients(with_merged(Patient, {patient.pk}), own=patient.client_id)


def people_of_client(client: Client) -> People:
    """Return who is erased with a client: whoever is a patient through them."""
    patients = Patient.with_merged.filter(client=client).values_list("pk", flat=True)
    return _with_clients(with_merged(Patient, {*patients}), own=client.pk)


def declared() -> Iterator[Personal | Nothing]:
    """Yield what every module says it keeps of people, those that are switched off, too."""
    for module in installed_modules():
        if module.personal:
            yield from module.load(module.personal)


def personal() -> list[Personal]:
    return [each for each in declared() if isinstance(each, Personal)]


def others_involved(people: People) -> list[Client]:
    """Return who else answers for these patients and is not erased with them."""
    rows = Involvement.objects.filter(patient__in=people.patients, until=None).exclude(client__in=people.clients)
    return list(Client.objects.filter(pk__in=rows.values("client")).order_by("last_name", "first_name", "pk"))


def _with_clients(patients: set[UUID], *, own: UUID) -> People:
    of_patients = Patient.with_merged.filter(pk__in=patients).values_list("client_id", flat=True)
    involved = Involvement.objects.filter(patient__in=patients).values_list("client_id", flat=True)
    persons = Client.with_merged.filter(pk__in={own, *of_patients, *involved}, organisation="")
    candidates = with_merged(Client, set(persons.values_list("pk", flat=True)))
    clients = candidates - _needed_elsewhere(candidates, patients)
    return People(frozenset(patients), frozenset(clients), frozenset(accounts_of(clients)))


def _needed_elsewhere(clients: set[UUID], patients: set[UUID]) -> set[UUID]:
    """Return those on whom another's record, bill or insurance hangs."""
    needed = set(
        Patient.with_merged.filter(client__in=clients).exclude(pk__in=patients).values_list("client_id", flat=True)
    )
    for each in personal():
        if each.names_them and each.patient and each.client and each.patient != each.client:
            theirs = Q(**{f"{each.patient[0]}__in": patients})
            rows: Any = apps.get_model(each.model)._base_manager
            ways = [way for way in each.client if "__" not in way]
            for way in ways:
                needed |= set(rows.filter(**{f"{way}__in": clients}).exclude(theirs).values_list(way, flat=True))
    return needed


def accounts_of(clients: Collection[UUID]) -> set[UUID]:
    """Return the accounts that use the portal for these clients only, and are nobody's who works here."""
    theirs = set(Client.with_merged.filter(pk__in=clients).exclude(user_id=None).values_list("user_id", flat=True))
    others = Client.with_merged.filter(user_id__in=theirs).exclude(pk__in=clients).values_list("user_id", flat=True)
    staff = Member.objects.staff().filter(user_id__in=theirs).values_list("user_id", flat=True)
    return {each for each in theirs - {*others} - {*staff} if each}
