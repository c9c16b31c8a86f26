"""Spread visits over those who could take them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period, local_period
from modules.scheduling.domain.fairness import Load, choose_fairly
from modules.scheduling.selectors.blocked import as_span
from modules.scheduling.selectors.taken import read_visits
from modules.scheduling.selectors.wanted import Slot, search_of_days

WEEK = timedelta(days=6)


def fairest(slots: Sequence[Slot], *, zone: ZoneInfo, ignoring: Collection[UUID] = ()) -> Slot:
    """Return the slot, of those at one time, whose practitioner has least to do."""
    if len(slots) == 1:
        return slots[0]
    by_practitioner = {slot.practitioner_id: slot for slot in reversed(slots)}
    loads = loads_around(by_practitioner, slots[0].starts_at, zone=zone, ignoring=ignoring)
    return by_practitioner[choose_fairly(list(by_practitioner), loads, seed=slots[0].starts_at.isoformat())]


def loads_around(
    practitioners: Collection[UUID], moment: datetime, *, zone: ZoneInfo, ignoring: Collection[UUID] = ()
) -> dict[UUID, Load]:
    """Return what these people have to do on the day and in the week of a moment, in one query."""
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    week: Period = search_of_days(monday, monday + WEEK, zone)
    today = as_span(local_period(day, time.min, time.min, zone))
    loads = dict.fromkeys(practitioners, Load())
    for who, _, visits in read_visits(practitioners, week, ignoring=ignoring):
        that_day = sum(visit.length for visit in visits if today.start <= visit.start < today.end)
        known = loads[who]
        loads[who] = Load(known.that_day + that_day, known.that_week + sum(visit.length for visit in visits))
    return loads
