"""What people are found by, written anew whenever what it is made from has changed.

To find people by something more: a line in `_words` or `_numbers`, and, if it stands in a table of its own, a
`MarksSearchKeyStale` in the migration that makes the table. What is sealed never goes in here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from modules.crm.domain.folding import fold, skeletons
from modules.crm.models import Client, Patient, SearchKey

BATCH = 500
MADE = ("text", "numbers", "skeletons", "birth_date", "sorted_by", "is_stale")
LONGEST_SORTED = 141


@transaction.atomic
def renew_search_keys(*, patient_ids: Collection[UUID]) -> None:
    """Write what these patients are found by, from their rows as they are now.

    Whoever changed such a row has locked its key by the trigger: of two who change patient and client at once, the
    second one comes here after the first has committed.
    """
    patients = Patient.objects.select_related("client").filter(pk__in=patient_ids)
    SearchKey.objects.bulk_create(
        [search_key_of(patient) for patient in patients],
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


def search_key_of(patient: Patient) -> SearchKey:
    words = fold(" ".join(_words(patient)))
    return SearchKey(
        patient=patient,
        text=f" {words} ",
        numbers="".join(f" {number.lstrip('+')}" for number in _numbers(patient)) + " ",
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
    return [*_names(patient), patient.client.email]


def _numbers(patient: Patient) -> Iterable[str]:
    return [number for number in (patient.client.phone, patient.microchip) if number]
