"""Whose chart it is: by what the workspace treats and, of animals, by what is said of their species."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from modules.crm.domain.body.animals import ANIMALS
from modules.crm.domain.body.person import PERSON
from modules.crm.domain.body.shapes import Figure
from modules.crm.domain.subjects import Subject

FIGURES: Mapping[str, Figure] = MappingProxyType({figure.name: figure for figure in (PERSON, *ANIMALS)})
SPECIES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "dog": ("dog", "puppy"),
    "cat": ("cat", "kitten"),
    "horse": ("horse", "pony", "foal", "donkey", "mule"),
})  # fmt: skip
OTHERWISE = "small"
NOT_ON_FOUR_LEGS = frozenset({
    "bird", "budgie", "budgerigar", "canary", "chicken", "cockatiel", "duck", "fish", "goose", "hen", "parrot",
    "pigeon", "snake", "tortoise", "turtle",
})  # fmt: skip


def figure_of(subject: Subject, species: str) -> Figure | None:
    """Return whose chart is shown for somebody; None for customers, and for animals that none of ours looks like."""
    if subject is Subject.CUSTOMER:
        return None
    if not species:
        return PERSON if subject is Subject.PERSON else FIGURES[OTHERWISE]
    words = set(species.lower().split())
    if words & NOT_ON_FOUR_LEGS:
        return None
    return FIGURES[next((name for name, known in SPECIES.items() if words & set(known)), OTHERWISE)]
