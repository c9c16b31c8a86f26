"""Who is registered: a person, an animal or a customer. A vertical's preset says which."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    PERSON = "person"
    ANIMAL = "animal"
    CUSTOMER = "customer"


SUBJECTS = {"clinic": Subject.PERSON, "vet": Subject.ANIMAL, "shop": Subject.CUSTOMER}

CLINICAL = frozenset({"gender", "species", "breed", "neutered", "microchip", "colour"})
NOT_KEPT_OF: dict[Subject, frozenset[str]] = {Subject.CUSTOMER: CLINICAL}


def subject_of(vertical: str) -> Subject:
    return SUBJECTS.get(vertical, Subject.PERSON)
