"""Time that opens otherwise than by a visit that goes: hours that are added, leave that ends, a room that is back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from kernel.events import publish
from kernel.ids import new_id
from kernel.periods import Period
from modules.scheduling.events import TimeOpened
from modules.scheduling.selectors.opened import free_for, opened_between, waited_for

AHEAD = timedelta(days=28)  # in which opened times are offered to the waiting list


def soon(at: datetime) -> Period:
    return Period(at, at + AHEAD)


@contextmanager
def opening_time(
    search: Period | None, *, at: datetime, practitioner_ids: Collection[UUID] | None = None
) -> Iterator[None]:
    """Tell of what those on the waiting list can have once this is done and could not before. None: nothing is there.

    Only what really was not free counts, so an hour that is as it was, or that somebody has, is offered to nobody.
    """
    kinds = waited_for(search) if search is not None else []
    if search is None or not kinds:
        yield
        return
    longest = timedelta(minutes=max(wanted.shape.length for wanted in kinds))
    search = Period(max(search.start - longest, at), search.end)  # what begins before it may reach into it
    before = free_for(kinds, search=search, practitioner_ids=practitioner_ids, at=at)
    yield
    after = free_for(kinds, search=search, practitioner_ids=practitioner_ids, at=at)
    for opened in opened_between(before, after):
        tell_of_opened(practitioner_id=opened.practitioner_id, location_id=opened.location_id, period=opened.period)


def tell_of_opened(*, practitioner_id: UUID, location_id: UUID, period: Period) -> None:
    publish(
        TimeOpened(
            opening_id=new_id(),
            practitioner_id=practitioner_id,
            location_id=location_id,
            starts_at=period.start,
            ends_at=period.end,
        )
    )
