"""The life of an episode of care, in the words of FHIR's EpisodeOfCare."""

from __future__ import annotations

from enum import StrEnum


class EpisodeStatus(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    ONHOLD = "onhold"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OPEN = frozenset({EpisodeStatus.PLANNED, EpisodeStatus.ACTIVE, EpisodeStatus.ONHOLD})
ALLOWED: dict[EpisodeStatus, frozenset[EpisodeStatus]] = {
    EpisodeStatus.PLANNED: frozenset({EpisodeStatus.ACTIVE, EpisodeStatus.CANCELLED}),
    EpisodeStatus.ACTIVE: frozenset({EpisodeStatus.ONHOLD, EpisodeStatus.FINISHED, EpisodeStatus.CANCELLED}),
    EpisodeStatus.ONHOLD: frozenset({EpisodeStatus.ACTIVE, EpisodeStatus.FINISHED, EpisodeStatus.CANCELLED}),
    EpisodeStatus.FINISHED: frozenset({EpisodeStatus.ACTIVE}),  # closed too early
    EpisodeStatus.CANCELLED: frozenset(),
}


def may_become(now: str, then: str) -> bool:
    return EpisodeStatus(then) in ALLOWED[EpisodeStatus(now)]
