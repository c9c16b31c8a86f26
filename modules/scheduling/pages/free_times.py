"""The free times as forms show them: day by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone

from access.permissions import is_staff
from modules.scheduling import selectors
from modules.scheduling.models import Location, Practitioner, Service
from modules.scheduling.pages.days import day_asked_for, first_location
from modules.scheduling.selectors import Slot
from tenancy.requests import Request

DAYS_SHOWN = 5
DAYS_AHEAD = 21
PARTS_OF_A_DAY = {
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(0)),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A time to choose. `who` is whom it would be with; nobody yet where several could."""

    starts_at: Any
    value: str
    who: str


def free_days(
    request: Request,
    services: Sequence[Service],
    *,
    practitioner_id: UUID | None,
    ignoring: UUID | None = None,
    wishes: Any = None,
) -> list[tuple[date, list[Choice]]]:
    """Return the next days that have free times, each with its times; one entry per time."""
    location = first_location()
    first = first_day(request, location)
    search = selectors.search_of_days(first, first + timedelta(days=DAYS_AHEAD), location.zone)
    wanted = selectors.Wanted(
        services=tuple(services),
        practitioner_ids=frozenset({practitioner_id}) if practitioner_id else None,
        weekdays=_weekdays(wishes),
        between=PARTS_OF_A_DAY.get(wishes.get("part", "")) if wishes else None,
        ignoring=ignoring,
    )
    asker = selectors.Asker.desk() if is_staff(request.user) else selectors.Asker.patient()
    found = selectors.find_slots(wanted=wanted, search=search, at=timezone.now(), asker=asker)
    names = dict(Practitioner.objects.current().values_list("pk", "name"))
    by_day = groupby(found, key=lambda slot: slot.starts_at.date())
    return [(day, _choices(slots, names)) for day, slots in by_day][:DAYS_SHOWN]


def paging(request: Request) -> dict[str, Any]:
    location = first_location()
    first = first_day(request, location)
    today = timezone.now().astimezone(location.zone).date()
    earlier = first - timedelta(days=7)
    return {
        "first_day": first,
        "earlier": max(earlier, today) if first > today else None,
        "later": first + timedelta(days=7),
    }


def first_day(request: Request, location: Location) -> date:
    today = timezone.now().astimezone(location.zone).date()
    return max(day_asked_for(request, default=today, name="from"), today)


def _weekdays(wishes: Any) -> frozenset[int] | None:
    chosen = {int(each) for each in wishes.getlist("weekday") if each in set("0123456")} if wishes else set()
    return frozenset(chosen) or None


def _choices(slots: Iterable[Slot], names: dict[UUID, str]) -> list[Choice]:
    """Return one choice per instant: an hour that the clocks repeat is two."""
    by_moment = groupby(slots, key=lambda slot: slot.starts_at.timestamp())
    return [_choice(list(same), names) for _moment, same in by_moment]


def _choice(slots: list[Slot], names: dict[UUID, str]) -> Choice:
    """Where several are free, nobody is named: it goes to who has least to do then."""
    slot, people = slots[0], {each.practitioner_id for each in slots}
    start = slot.starts_at.isoformat()
    if len(people) > 1:
        return Choice(slot.starts_at, f"{start}||", "")
    return Choice(slot.starts_at, f"{start}|{slot.practitioner_id}|{slot.room_id or ''}", names[slot.practitioner_id])
