"""What the steps of the public page show: what can be booked, on which days, at which times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import Location, Practitioner, Service
from modules.scheduling.selectors import Asker, Slot, Wanted, find_slots, next_free, performing, search_of_days

WEEK = timedelta(days=7)
ANYBODY = Asker.patient()
PARTS = {
    "morning": (_("Morning"), time(0), time(12)),
    "afternoon": (_("Afternoon"), time(12), time(17)),
    "evening": (_("Evening"), time(17), time(0)),
}


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    is_free: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Time:
    """A start that can be chosen. `value` names a practitioner only if one was asked for."""

    starts_at: datetime
    value: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, the times of one of them by part of the day, and the ways on."""

    days: list[Day]
    parts: list[tuple[Any, list[Time]]]
    earlier: date | None
    later: date
    next_day: date | None  # where the next free time is, if there is none in these days


def chosen_service(services: Iterable[Service], values: Any) -> Service | None:
    """Return the service that was chosen, if it can be booked here."""
    found = (each for each in services if str(each.pk) == values.get("service"))
    return next((each for each in found if each.offered == Offered.ONLINE), None)


def practitioners_for(service: Service) -> list[Practitioner]:
    return list(performing([service]))


def chosen_practitioner(practitioners: Iterable[Practitioner], values: Any) -> Practitioner | None:
    return next((each for each in practitioners if str(each.pk) == values.get("with")), None)


def wanted_of(service: Service, practitioner: Practitioner | None, part: str, location: Location) -> Wanted:
    return Wanted(
        services=(service,),
        practitioner_ids=frozenset({practitioner.pk}) if practitioner else None,
        location_id=location.pk,
        between=PARTS[part][1:] if part in PARTS else None,
    )


def week_of(wanted: Wanted, location: Location, values: Any, *, at: datetime) -> Week:
    """Return the days that were asked for; at first, those from the next free time on."""
    zone, today = location.zone, at.astimezone(location.zone).date()
    asked = _day(values.get("from")) or _day(values.get("day"))
    soonest = None if asked else next_free(wanted=wanted, after=at, at=at, asker=ANYBODY, most=1)
    first = max(asked or (soonest[0].starts_at.date() if soonest else today), today)
    last = first + WEEK - timedelta(days=1)
    slots = find_slots(wanted=wanted, search=search_of_days(first, last, zone), at=at, asker=ANYBODY)
    free = {slot.starts_at.date() for slot in slots}
    shown = _day(values.get("day"))
    shown = shown if shown in free else min(free, default=None)
    days = [Day(day, day in free, day == shown) for day in (first + timedelta(days=n) for n in range(7))]
    after = search_of_days(last, last, zone).end
    onward = [] if free else next_free(wanted=wanted, after=after, at=at, asker=ANYBODY, most=1)
    return Week(
        days=days,
        parts=_by_part([slot for slot in slots if slot.starts_at.date() == shown], one=wanted.practitioner_ids),
        earlier=max(first - WEEK, today) if first > today else None,
        later=first + WEEK,
        next_day=onward[0].starts_at.date() if onward else None,
    )


def times_of(slots: Iterable[Slot], *, one: frozenset[UUID] | None) -> list[Time]:
    """Return each start once, by instant: an hour that the clocks repeat is two."""
    times: dict[float, Time] = {}
    for slot in slots:
        who = slot.practitioner_id if one else ""
        times.setdefault(slot.starts_at.timestamp(), Time(slot.starts_at, f"{slot.starts_at.isoformat()}|{who}"))
    return list(times.values())


def _by_part(slots: list[Slot], *, one: frozenset[UUID] | None) -> list[tuple[Any, list[Time]]]:
    parts = []
    for name, starts, ends in PARTS.values():
        within = [s for s in slots if starts <= s.starts_at.time() and (ends == time(0) or s.starts_at.time() < ends)]
        if within:
            parts.append((name, times_of(within, one=one)))
    return parts


def _day(text: Any) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None
