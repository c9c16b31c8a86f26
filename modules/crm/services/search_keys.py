"""What people are found by, written anew whenever what it is made from has changed.

To find people by something more: a line in `_words` or `_numbers`, and, if it stands in a table of its own, a
trigger in the migration that makes the table: see 0028. What is sealed never goes in here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from modules.crm.domain.folding import fold, skeletons
from modules.crm.models import Client, Patient, SearchKey, System

BATCH = 500
MADE = ("text", "numbers", "skeletons", "birth_date", "sorted_by", "is_stale")
LONGEST_SORTED = 141


class Former(NamedTuple):
    """What somebody was known by in a record that was merged."""

    name: str
    email: str
    phone: str


@transaction.atomic
def renew_search_keys(*, patient_ids: Collection[UUID]) -> None:
    """Write what these patients are found by, from their rows as they are now.

    Whoever changed such a row has locked its key by the trigger: of two who change patient and client at once, the
    second one comes here after the first has committed.
    """
    rows = Patient.objects.select_related("client").prefetch_related("client__contact_points")
    patients = list(rows.filter(pk__in=patient_ids))
    former = _merged_into(patients)
    SearchKey.objects.filter(patient__in=patient_ids, patient__merged_into__isnull=False).delete()
    SearchKey.objects.bulk_create(
        [search_key_of(patient, former=former[patient.pk]) for patient in patients],
        update_conflicts=True,
        unique_fields=["patient"],
        update_fields=MADE,
    )


def renew_keys_of_client(client: Client) -> None:
    """Write what the patients of a client are found by: their client's name, phone and e-mail are part of it."""
    renew_search_keys(patient_ids=list(client.patients.values_list("pk", flat=True)))


@transaction.atomic
def renew_stale_keys(*, at_most: int = BATCH) -> int:
    """Write anew what nobody has since it changed; return how many that were. Others' keys are left to them."""
    stale = SearchKey.objects.select_for_update(skip_locked=True, no_key=True).filter(is_stale=True)
    ids = list(stale.order_by("pk").values_list("pk", flat=True)[:at_most])
    renew_search_keys(patient_ids=ids)
    return len(ids)


def _merged_into(patients: Iterable[Patient]) -> dict[Any, list[Former]]:
    """Return the names, e-mails and phones of those who became these: whoever looks for them finds who stayed."""
    former: dict[Any, list[Former]] = defaultdict(list)
    of_client: dict[Any, list[UUID]] = defaultdict(list)
    for patient in patients:
        of_client[patient.client_id].append(patient.pk)
    ids = [pk for some in of_client.values() for pk in some]
    for each in Patient.with_merged.filter(merged_into__in=ids):
        former[each.merged_into_id].append(Former(each.name, "", ""))
    for client in Client.with_merged.filter(merged_into__in=list(of_client)):
        for pk in of_client[client.merged_into_id]:
            former[pk].append(Former(client.name, client.email, client.phone))
    return former


def search_key_of(patient: Patient, *, former: Sequence[Former] = ()) -> SearchKey:
    words = fold(" ".join([*_words(patient), *(f"{each.name} {each.email}" for each in former)]))
    numbers = dict.fromkeys([*_numbers(patient), *(each.phone for each in former if each.phone)])
    return SearchKey(
        patient=patient,
        text=f" {words} ",
        numbers="".join(f" {number.lstrip('+')}" for number in numbers) + " ",
        skeletons=[bones[:70] for bones in skeletons(fold(" ".join(_names(patient))))],
        birth_date=patient.birth_date,
        sorted_by=fold(f"{patient.last_name or patient.client.last_name} {patient.first_name}")[:LONGEST_SORTED],
        is_stale=False,
    )


def _names(patient: Patient) -> Iterable[str]:
    client = patient.client
    own = (patient.first_name, patient.last_name, patient.preferred_name)
    return dict.fromkeys([*own, client.organisation, client.first_name, client.last_name])


def _words(patient: Patient) -> Iterable[str]:
    return [*_names(patient), patient.client.email, *_further(patient, System.EMAIL)]


def _numbers(patient: Patient) -> Iterable[str]:
    return [number for number in (patient.client.phone, patient.microchip, *_further(patient, System.PHONE)) if number]


def _further(patient: Patient, system: System) -> Iterable[str]:
    return [point.value for point in patient.client.contact_points.all() if point.system == system]
