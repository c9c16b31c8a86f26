"""Row 16: finding one of a hundred thousand people by whatever is known of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction

from modules.crm.models import Client, Patient
from modules.crm.services.search_keys import BATCH, renew_stale_keys
from tenancy import use
from tests.performance.results import Result
from tests.performance.searching import searches
from tests.performance.visit import Visit

PEOPLE = 100_000
FIRST = (
    "Maria José Anna Luca Sofia Peter Aoife Callum Ngozi Hannah Imran Rosa Grace Oliver Sunita Ewan Marta Daniel Freya"
    " Leo Joan Nils Amina Inês Jonas Béa Mehmet Petra Alan Ivy Kofi Dara Tariq Uma Viktor Wanda Владимир Екатерина Юлия"
    " Алексей Дмитрий محمد أحمد فاطمة يوسف Zoë Łukasz Søren Jürgen Françoise Giulia Marco Chiara Matteo Elena Paolo"
).split()
SYLLABLES = (
    "ba be bi bo ca de di do fa fe ga gra ka ko la le li lo ma me mi mo na ne no pa pe ra re ri ro sa se"
).split()
ENDINGS = "rossi garcía müller son ski ov ez ini berg man elli well ford ley enko escu dottir".split()
CYRILLIC = ("Щукин", "Иванов", "Петрова", "Кузнецов", "Соколова")
ASKED = {
    "beginning of a name": ["mari", "sofi", "jur", "ga", "m"],
    "two names": ["maria garc", "peter ba", "sofia mi", "luca ra"],
    "name with a typo": ["mraia garcia", "jhon berg", "ktaerina", "lukazs", "francoisse"],
    "part of a phone number": ["900112", "07700 9001", "4477009", "1234"],
    "part of an e-mail": ["p4711@mail", "p99", "mail.example"],
    "date of birth": ["3 May 1990", "12/11/1974", "1968-02-29", "3.5.90"],
    "Cyrillic": ["Щукин", "Владимир", "Кузнецов Але", "vladimir shchuk"],
    "Arabic": ["محمد", "mohammed", "fatima"],
    "nobody": ["xqzwv", "999999999"],
}


def among_many(visit: Visit) -> Iterator[Result]:
    """The first fifty of those found, and how many there are, by the API; people of several scripts."""
    with use(visit.practice.tenant):
        _register_many()
    yield from searches(visit, row="16", among=f"{PEOPLE:,} people", asked=ASKED, address="/api/patients/?search=")


def _register_many() -> None:
    """Put people in as rows, and have the job make what they are found by."""
    chance = random.Random(16)
    for start in range(0, PEOPLE, 5000):
        clients = [_client(chance, number) for number in range(start, start + 5000)]
        with transaction.atomic():
            Client.objects.bulk_create(clients)
            Patient.objects.bulk_create(_patient(chance, client) for client in clients)
    while renew_stale_keys(at_most=4 * BATCH):
        pass


def _client(chance: random.Random, number: int) -> Client:
    first = FIRST[min(int(chance.expovariate(0.08)), len(FIRST) - 1)]  # a few names are common, most are not
    last = chance.choice(CYRILLIC) if number % 40 == 0 else _last_name(chance)
    return Client(
        first_name=first, last_name=last, email=f"p{number}@mail.example", phone=f"+44770{chance.randrange(10**7):07d}"
    )


def _last_name(chance: random.Random) -> str:
    middle = "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(1, 2)))
    return f"{middle}{chance.choice(ENDINGS)}".capitalize() if chance.random() > 0.02 else "García"


def _patient(chance: random.Random, client: Client) -> Patient:
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(34_000))
    return Patient(client=client, first_name=client.first_name, last_name=client.last_name, birth_date=born)
