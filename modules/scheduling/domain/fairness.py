"""Who gets the next visit, where anybody will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID


class Load(NamedTuple):
    """Minutes that somebody is booked."""

    that_day: int = 0
    that_week: int = 0


def choose_fairly(candidates: Sequence[UUID], loads: Mapping[UUID, Load], *, seed: str) -> UUID:
    """Return whoever has least to do that day, then that week; those alike take turns by the seed, always the same."""
    return min(candidates, key=lambda each: (*loads.get(each, Load()), _turn(seed, each)))


def _turn(seed: str, candidate: UUID) -> bytes:
    return sha256(f"{seed}:{candidate}".encode()).digest()
