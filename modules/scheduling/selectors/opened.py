"""What those on the waiting list could have, and what of it was not there before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from kernel.periods import Period
from modules.scheduling.domain.minutes import Span, merged
from modules.scheduling.models import EntryState, Service, WaitingEntry
from modules.scheduling.selectors.slots import find_slots
from modules.scheduling.selectors.waiting import MOST_ENTRIES, services_of_entry
from modules.scheduling.selectors.wanted import Asker, Wanted, minute_of

MOST_KINDS = 8  # of visits that are looked for: those of the most urgent
MOST_OPENED = 20  # times that are told of, the soonest


class Free(NamedTuple):
    """A time at which a kind of visit could be, with somebody."""

    practitioner_id: UUID
    location_id: UUID
    kind: int
    span: Span


class Opened(NamedTuple):
    practitioner_id: UUID
    location_id: UUID
    period: Period


def waited_for(search: Period) -> list[Wanted]:
    """Return the visits that somebody waits for and could come to in that time, with those they would come to."""
    rows = WaitingEntry.objects.filter(state=EntryState.WAITING, session=None, service__ended_at=None)
    rows = rows.exclude(first_day__gt=search.end.date()).exclude(last_day__lt=search.start.date())
    shown = rows.select_related("service").prefetch_related("further_services__service", "practitioners").in_order()
    people: dict[tuple[Service, ...], frozenset[UUID] | None] = {}
    for entry in shown[:MOST_ENTRIES]:
        services, wished = services_of_entry(entry), frozenset(each.pk for each in entry.practitioners.all())
        known = people.get(services, frozenset())
        people[services] = known | wished if wished and known is not None else None
    return [Wanted(services, practitioner_ids=wished) for services, wished in list(people.items())[:MOST_KINDS]]


def free_for(
    kinds: Iterable[Wanted], *, search: Period, practitioner_ids: Collection[UUID] | None, at: datetime
) -> set[Free]:
    """Return every time at which one of these visits could begin, at any five minutes."""
    asker = Asker.desk(any_time=True)
    return {
        Free(
            slot.practitioner_id,
            slot.location_id,
            number,
            Span(minute_of(slot.starts_at), minute_of(slot.ends_at, up=True)),
        )
        for number, wanted in enumerate(_only(kinds, practitioner_ids))
        for slot in find_slots(wanted=wanted, search=search, at=at, asker=asker)
    }


def opened_between(before: set[Free], after: set[Free]) -> list[Opened]:
    """Return the stretches in which something can be had now that could not, the soonest first, not too many."""
    new: dict[tuple[UUID, UUID], list[Span]] = defaultdict(list)
    for free in after - before:
        new[free.practitioner_id, free.location_id].append(free.span)
    found = [Opened(*whose, _period(span)) for whose, spans in new.items() for span in merged(spans)]
    return sorted(found, key=lambda each: each.period.start)[:MOST_OPENED]


def _only(kinds: Iterable[Wanted], practitioner_ids: Collection[UUID] | None) -> Iterator[Wanted]:
    for wanted in kinds:
        if practitioner_ids is None or wanted.practitioner_ids is None:
            these = wanted.practitioner_ids if practitioner_ids is None else frozenset(practitioner_ids)
        else:
            these = wanted.practitioner_ids & frozenset(practitioner_ids)
        yield replace(wanted, practitioner_ids=these)


def _period(span: Span) -> Period:
    return Period(datetime.fromtimestamp(span.start * 60, UTC), datetime.fromtimestamp(span.end * 60, UTC))
