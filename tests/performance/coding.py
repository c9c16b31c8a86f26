"""Row 17: finding one of seventy thousand codes by itself or by its words, with typos."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote

from django.db import connection, transaction
from django.utils import timezone

from modules.crm.domain.codes.entries import Entry
from modules.crm.models import CodeList, CodeSystem
from modules.crm.services.codes import put_in_place
from tenancy import use, use_owner
from tests.performance.asking import Wanted, put_load
from tests.performance.house import per_request
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

CODES = 70_000
BAR = 50  # ms, with HTTP and all that is around it
SITES = (  # noqa: SIM905 - names read better without quotes
    "knee hip shoulder elbow wrist ankle spine neck thorax pelvis skull femur tibia fibula humerus radius ulna hand"
    " foot finger toe lumbar cervical thoracic sacral liver kidney heart lung stomach bowel eye ear nose throat skin"
).split()
KINDS = (  # noqa: SIM905
    "fracture sprain dislocation arthritis arthrosis infection neoplasm pain injury contusion burn abscess deformity"
    " stenosis inflammation rupture haemorrhage effusion instability contracture"
).split()
HOW = (  # noqa: SIM905
    "acute chronic open closed displaced unspecified recurrent congenital primary secondary traumatic malignant benign"
    " left right bilateral initial subsequent sequela severe mild other"
).split()
SYLLABLES = "ba be bi bo ca de di do fa fe ga gra ka ko la le li lo ma me mi mo na ne no pa pe ra re ri".split()  # noqa: SIM905
ASKED = {
    "a code": ["M10.2", "s52", "k7"],
    "words": ["knee fracture", "chronic lumbar pain", "open fracture femur left", "arthrosis"],
    "beginnings of words": ["frac", "kn", "chron lum", "p"],
    "words with typos": ["farcture knee", "artrosis hip", "lumbr pian", "sholder dislocatoin"],
    "nothing there is": ["xqzwvk", "knee xqzwvk"],
}


def among_many_codes(visit: Visit) -> Iterator[Result]:
    """The first twenty, by the API."""
    with use(visit.practice.tenant):
        load_many()
    with use_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    for what, texts in ASKED.items():
        requests = [Wanted("GET", f"/api/patients/codes/?text={quote(text)}") for text in texts for _ in range(20)]
        put_load(visit.arrive, requests[::20], clients=1)
        before = visit.house.cpu_seconds()
        load = put_load(visit.arrive, requests, clients=1)
        visit.check(load.answers, {200})
        seen = spread(load.times)
        yield Result(
            row="17",
            what=f"search among {CODES:,} codes: {what}, c=1",
            bar=f"p95 ≤ {BAR} ms",
            measured=f"{seen.p50:.1f} ms",
            met=seen.p95 <= BAR,
            p50=seen.p50,
            p95=seen.p95,
            worst=seen.worst,
            cpu=per_request(before, visit.house.cpu_seconds(), len(requests)),
        )


def load_many() -> None:
    """Load a list as long as those of the great classifications, with as many words."""
    chance, at = random.Random(17), timezone.now()
    system = CodeSystem.objects.create(uri="urn:atrium:measured", name="Measured")
    who = {"by_id": system.pk, "by_name": "x"}
    code_list = CodeList.objects.create(system=system, version="1", name="x", created_at=at, **who)
    with transaction.atomic():
        put_in_place(code_list=code_list, entries=(_entry(chance, number) for number in range(CODES)), by=None, at=at)


def _entry(chance: random.Random, number: int) -> Entry:
    rare = "".join(chance.choice(SYLLABLES) for _ in range(3))
    words = [chance.choice(HOW), chance.choice(KINDS), "of", chance.choice(SITES), chance.choice(HOW), rare]
    code = f"{chr(65 + number // 2_800)}{number // 28 % 100:02}.{number % 28}"
    return Entry(code, " ".join(words).capitalize(), [f"{chance.choice(SITES)} {chance.choice(KINDS)}"])
