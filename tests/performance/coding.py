"""Row 17: finding one of seventy thousand codes by itself or by its words, with typos."""

from __future__ import annotations

import random
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from modules.crm.domain.codes.entries import Entry
from modules.crm.models import CodeList, CodeSystem
from modules.crm.services.codes import put_in_place
from tenancy import use
from tests.performance.results import Result
from tests.performance.searching import searches
from tests.performance.visit import Visit

CODES = 70_000
SITES = (
    "knee hip shoulder elbow wrist ankle spine neck thorax pelvis skull femur tibia fibula humerus radius ulna hand"
    " foot finger toe lumbar cervical thoracic sacral liver kidney heart lung stomach bowel eye ear nose throat skin"
).split()
KINDS = (
    "fracture sprain dislocation arthritis arthrosis infection neoplasm pain injury contusion burn abscess deformity"
    " stenosis inflammation rupture haemorrhage effusion instability contracture"
).split()
HOW = (
    "acute chronic open closed displaced unspecified recurrent congenital primary secondary traumatic malignant benign"
    " left right bilateral initial subsequent sequela severe mild other"
).split()
SYLLABLES = "ba be bi bo ca de di do fa fe ga gra ka ko la le li lo ma me mi mo na ne no pa pe ra re ri".split()
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
    yield from searches(visit, row="17", among=f"{CODES:,} codes", asked=ASKED, address="/api/patients/codes/?text=")


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
