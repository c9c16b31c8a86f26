"""When somebody works: weeks that hold from a day or for a season, and single days that are different."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from kernel.periods import Period
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import DayHours, Location, Practitioner, WorkingHours
from modules.scheduling.services.practice.opening import opening_time, soon

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # as iCalendar has them
DAY = timedelta(days=1)
MOST_STRETCHES = 70  # a week of one plan

Stretches = Iterable[tuple[int, time, time]]


class HoursRefused(Invalid):
    code = "hours-invalid"


@dataclass(frozen=True, slots=True)
class Plan:
    """When a week holds: always, from a day or until one, every n-th week; and who may book its times."""

    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1
    offered: str = Offered.ONLINE.value

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "every_weeks": self.every_weeks,
            "offered": self.offered,
        }


ALWAYS = Plan()


@transaction.atomic
def set_week(
    *,
    practitioner: Practitioner,
    location: Location,
    week: Stretches,
    by: Any,
    at: datetime,
    plan: Plan = ALWAYS,
    instead_of: Plan | None = None,
    ending_others: bool = False,
) -> None:
    """Replace a plan of somebody's weekly hours at a location; the waiting list hears of what opens.

    `instead_of` is the plan it was before, and `ending_others` ends those that go on the day before this one begins.
    Raises `HoursRefused`.
    """
    with opening_time(soon(at), practitioner_ids=[practitioner.pk], at=at):
        known = WorkingHours.objects.filter(practitioner=practitioner, location=location)
        before = _told(known)
        if ending_others and plan.valid_from is not None:
            _end_others(known, plan.valid_from)
        known.filter(**(instead_of or plan).columns).delete()
        put_down_week(practitioner=practitioner, location=location, week=week, plan=plan, before=before, by=by)


def put_down_week(
    *,
    practitioner: Practitioner,
    location: Location,
    week: Stretches,
    by: Any,
    plan: Plan = ALWAYS,
    before: Sequence[str] = (),
) -> None:
    """Write weekly hours: (weekday, from, to), Monday is 0. What ends when or before it begins ends the next day."""
    _check_plan(plan)
    stretches = list(week)
    _check_stretches(stretches)
    known = WorkingHours.objects.filter(practitioner=practitioner, location=location)
    _check_free_of_others(known, stretches, plan)
    WorkingHours.objects.bulk_create(
        WorkingHours(
            practitioner=practitioner, location=location, weekday=weekday, starts=starts, ends=ends, **plan.columns
        )
        for weekday, starts, ends in stretches
    )
    changes = {"week": (list(before), _told(known.all()))}
    audit.record(action="scheduling.hours.set", of=practitioner, by=by, changes=changes)


@transaction.atomic
def set_day(
    *,
    practitioner: Practitioner,
    location: Location,
    day: date,
    stretches: Sequence[tuple[time, time]],
    by: Any,
    at: datetime,
    offered: str = Offered.ONLINE.value,
) -> None:
    """Give one day hours of its own, instead of those of the week; none of them is a day off."""
    _check_stretches([(0, starts, ends) for starts, ends in stretches])
    known = DayHours.objects.filter(practitioner=practitioner, day=day)
    before = _told_of_day(known)
    rows: Sequence[tuple[time | None, time | None]] = stretches or [(None, None)]
    with _opening_day(practitioner, day, at=at):
        known.delete()
        DayHours.objects.bulk_create(
            DayHours(practitioner=practitioner, location=location, day=day, starts=starts, ends=ends, offered=offered)
            for starts, ends in rows
        )
    changes = {"day": (None, day), "hours": (before, _told_of_day(known.all()))}
    audit.record(action="scheduling.hours.day_set", of=practitioner, by=by, changes=changes)


@transaction.atomic
def clear_day(*, practitioner: Practitioner, day: date, by: Any, at: datetime) -> None:
    """Let a day have the hours of its week again."""
    known = DayHours.objects.filter(practitioner=practitioner, day=day)
    changes = {"day": (day, None), "hours": (_told_of_day(known), None)}
    with _opening_day(practitioner, day, at=at):
        was_another = bool(known.delete()[0])
    if was_another:
        audit.record(action="scheduling.hours.day_cleared", of=practitioner, by=by, changes=changes)


def _opening_day(practitioner: Practitioner, day: date, *, at: datetime) -> AbstractContextManager[None]:
    """Tell the waiting list of what opens on a day, in whichever zone."""
    start, ahead = datetime.combine(day, time.min, UTC) - DAY, soon(at)
    search = Period(max(start, at), min(start + 4 * DAY, ahead.end))
    return opening_time(search if search.start < search.end else None, practitioner_ids=[practitioner.pk], at=at)


def _end_others(known: Any, valid_from: date) -> None:
    """End what goes on the day before; what would begin later never does."""
    known.filter(valid_from__gte=valid_from, valid_until=None).exclude(valid_from=None).delete()
    known.filter(valid_until=None).update(valid_until=valid_from - DAY)


def _check_plan(plan: Plan) -> None:
    if plan.valid_from and plan.valid_until and plan.valid_until < plan.valid_from:
        raise _refused("valid_until", _("The last day is not before the first."))
    if not 1 <= plan.every_weeks <= 52:
        raise _refused("every_weeks", _("Every how many weeks: from 1 to 52."))
    if plan.every_weeks > 1 and plan.valid_from is None:
        raise _refused("valid_from", _("Say from which week on every so many weeks are counted."))


def _check_stretches(stretches: Sequence[tuple[int, time, time]]) -> None:
    """A stretch begins on a weekday, and no other of that day lies in it."""
    if len(stretches) > MOST_STRETCHES:
        raise _refused("week", _("That is too many stretches for a week."))
    last: dict[int, tuple[time, bool]] = {}
    for weekday, starts, ends in sorted(stretches):
        if weekday not in range(7):
            raise _refused("week", _("A weekday is a number from 0, Monday, to 6."))
        over = last.get(weekday)
        if over is not None and (over[1] or starts < over[0]):
            raise _refused("week", _("The hours of a day do not overlap."))
        last[weekday] = ends, ends <= starts


def _check_free_of_others(known: Any, stretches: Sequence[tuple[int, time, time]], plan: Plan) -> None:
    taken = set(known.filter(valid_from=plan.valid_from).values_list("weekday", "starts"))
    if any((weekday, starts) in taken for weekday, starts, _ends in stretches):
        raise _refused("valid_from", _("Other hours from the same day on begin at the same time. Change those."))


def _told(rows: Any) -> list[str]:
    return [_stretch(row) for row in rows.order_by("valid_from", "weekday", "starts")]


def _told_of_day(rows: Any) -> list[str]:
    return [f"{row.starts:%H:%M}-{row.ends:%H:%M}" if row.starts else "off" for row in rows.order_by("starts")]


def _stretch(row: WorkingHours) -> str:
    words = [f"{WEEKDAYS[row.weekday]} {row.starts:%H:%M}-{row.ends:%H:%M}"]
    words += [f"every {row.every_weeks} weeks"] if row.every_weeks > 1 else []
    words += [f"from {row.valid_from}"] if row.valid_from else []
    words += [f"until {row.valid_until}"] if row.valid_until else []
    words += [row.offered] if row.offered != Offered.ONLINE else []
    return " ".join(words)


def _refused(name: str, sentence: str) -> HoursRefused:
    return HoursRefused(sentence, fields={name: [sentence]})
