"""What of somebody goes on a card for an address book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modules.crm.domain.address_cards import Card, Way
from modules.crm.models import Client, Patient, System, Use

TYPES = {Use.MOBILE: "cell", Use.HOME: "home", Use.WORK: "work"}


def cards_of(patients: Iterable[Patient]) -> Iterator[Card]:
    """Yield a card of each person; of an animal its owner's, once for all of theirs that come together.

    Fetch the clients of many with them, and `client__contact_points`.
    """
    animals: dict[Client, list[Patient]] = {}
    for patient in patients:
        if patient.is_animal:
            animals.setdefault(patient.client, []).append(patient)
        else:
            yield _of_person(patient)
    for owner, theirs in animals.items():
        yield _of_owner(owner, theirs)


def _of_person(patient: Patient) -> Card:
    client = patient.client
    is_own = client.person_name == patient.name
    is_firm = client.is_organisation and client.organisation == patient.first_name
    return Card(
        id=patient.pk,
        first_name=client.first_name if is_firm else patient.first_name,
        last_name=client.last_name if is_firm else patient.last_name,
        nickname=patient.preferred_name,
        organisation=client.organisation if is_firm or is_own else "",
        birth_date=patient.birth_date,
        sex=patient.gender,
        written_to="" if is_own or is_firm else client.name,
        **_reached(client),
    )


def _of_owner(client: Client, animals: list[Patient]) -> Card:
    return Card(
        id=client.pk,
        first_name=client.first_name,
        last_name=client.last_name,
        organisation=client.organisation,
        note=", ".join(f"{each.first_name} ({each.species})" for each in animals),
        **_reached(client),
    )


def _reached(client: Client) -> dict[str, Any]:
    return {
        "phones": _ways(client, System.PHONE, client.phone),
        "emails": _ways(client, System.EMAIL, client.email),
        "street": client.street,
        "postal_code": client.postal_code,
        "city": client.city,
        "region": client.region,
        "country": client.country,
    }


def _ways(client: Client, system: System, first: str) -> tuple[Way, ...]:
    points = sorted((each for each in client.contact_points.all() if each.system == system), key=lambda each: each.rank)
    uses = {each.value: TYPES.get(Use(each.use), "") if each.use else "" for each in points}
    return tuple(Way(value, uses.get(value, "")) for value in dict.fromkeys([first, *uses]) if value)
