"""What the calendar tells of visits for figures without names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID


class VisitFact(NamedTuple):
    """One visit: whose, in which month ("2026-03"), of which service, and what became of it."""

    patient_id: UUID
    month: str
    service: str
    state: str


# (patients, since, until) -> the visits of these days, each once; the days are of the workspace's own time.
VisitFacts = Callable[[Collection[UUID], date, date], Iterable[VisitFact]]
