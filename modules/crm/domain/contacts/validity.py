"""How long a paper is good for: until the end of the last day that is written on it."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

SOON = timedelta(days=60)


class Standing(StrEnum):
    TO_COME = "to_come"
    VALID = "valid"
    ENDING = "ending"
    ENDED = "ended"


def standing_on(day: date, *, first: date | None, last: date | None) -> Standing:
    """Return how something that holds from its first to its last day stands on `day`. None is open."""
    if last is not None and last < day:
        return Standing.ENDED
    if first is not None and first > day:
        return Standing.TO_COME
    return Standing.ENDING if last is not None and last - day <= SOON else Standing.VALID
