"""How people's time divides: off, blocked, busy and free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from kernel.periods import Period
from modules.scheduling.domain.minutes import Frame, Span, painted, spans_of
from modules.scheduling.selectors.facts import Facts, read_facts
from modules.scheduling.selectors.wanted import Wanted, minute_of


@dataclass(frozen=True, slots=True)
class Parts:
    """All of a stretch of time, each minute in one part. `free` and `busy` are within the hours, and not blocked."""

    off: list[Period]
    blocked: list[Period]
    busy: list[Period]
    free: list[Period]


def parts_of(*, practitioner_ids: Collection[UUID], search: Period) -> dict[UUID, Parts]:
    """Return how the time of these people divides, in as many queries for one day as for a month."""
    facts = read_facts(Wanted((), practitioner_ids=frozenset(practitioner_ids)), search)
    return {person.id: parts_among(facts, person.id) for person in facts.people}


def parts_among(facts: Facts, practitioner: UUID) -> Parts:
    frame = Frame(minute_of(facts.search.start), minute_of(facts.search.end, up=True))
    at_work, closed = 0, 0
    for place in facts.zones:
        hours = painted((each.span for each in facts.openings.get((practitioner, place), ())), frame)
        at_work |= hours
        closed |= hours & painted((each.span for each in facts.blocked.get(place, ())), frame)
    away = closed | painted((each.span for each in facts.blocked.get(practitioner, ())), frame)
    taken = facts.taken.get(practitioner, {})
    visits = painted((span for spans in taken.values() for span in spans), frame)
    return Parts(
        off=_periods(frame.whole & ~at_work, frame),
        blocked=_periods(at_work & away, frame),
        busy=_periods(at_work & ~away & visits, frame),
        free=_periods(at_work & ~away & ~visits, frame),
    )


def _periods(bits: int, frame: Frame) -> list[Period]:
    return [_period(span) for span in spans_of(bits, frame)]


def _period(span: Span) -> Period:
    start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in span)
    return Period(start, end)
