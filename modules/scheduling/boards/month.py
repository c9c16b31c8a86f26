"""The month, calmly: how many visits each day has, and the first of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, Window
from django.db.models.functions import Lower, RowNumber, TruncDate

from kernel.periods import days
from kernel.ranges import as_period
from modules.scheduling.boards.groups import shown_groups
from modules.scheduling.boards.visits import shown_visits
from modules.scheduling.models import Location
from modules.scheduling.selectors import search_of_days

FIRST_OF_A_DAY = 3
WEEK = 7


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A visit or a group by its time and name."""

    starts_at: datetime
    name: str
    patient_id: UUID | None

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"


@dataclass(slots=True)
class MonthDay:
    day: date
    is_of_the_month: bool
    is_today: bool
    count: int = 0
    first: list[Glimpse] = field(default_factory=list)

    def add(self, glimpse: Glimpse) -> None:
        self.count += 1
        self.first = sorted([*self.first, glimpse], key=lambda each: each.starts_at)[:FIRST_OF_A_DAY]

    @property
    def more(self) -> int:
        return self.count - len(self.first)


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks from Monday that cover a month."""

    weeks: list[list[MonthDay]]

    @property
    def patients(self) -> list[UUID]:
        return [each.patient_id for week in self.weeks for entry in week for each in entry.first if each.patient_id]


def month_board(
    *, month: date, user: Any, location: Location, at: datetime, practitioners: Collection[UUID] = ()
) -> Month:
    """Return the month that `month` is a day of, with what this user may see in it."""
    first, last = _frame(month)
    today = at.astimezone(location.zone).date()
    entries = {day: MonthDay(day, (day.month == month.month), day == today) for day in days(first, last)}
    search = search_of_days(first, last, location.zone)
    day = TruncDate(Lower("period", output_field=DateTimeField()), tzinfo=location.zone)
    rows = shown_visits(user, search, practitioners=practitioners).annotate(
        day=day,
        of_the_day=Window(RowNumber(), partition_by=day, order_by=[Lower("period"), "pk"]),
        in_all=Window(Count("pk"), partition_by=day),
    )
    columns = ("day", "in_all", "period", "patient__first_name", "patient__last_name", "patient_id")
    for on, in_all, period, first_name, last_name, patient_id in (
        rows.filter(of_the_day__lte=FIRST_OF_A_DAY).order_by("day", "of_the_day").values_list(*columns)
    ):
        if entry := entries.get(on):
            starts_at = as_period(period).start.astimezone(location.zone)
            entry.count = in_all
            entry.first.append(Glimpse(starts_at, last_name or first_name, patient_id))
    groups = shown_groups(user, search, practitioners=practitioners)
    for period, title, service in groups.values_list("period", "title", "service__name"):
        starts_at = as_period(period).start.astimezone(location.zone)
        if entry := entries.get(starts_at.date()):
            entry.add(Glimpse(starts_at, title or service, None))
    shown = list(entries.values())
    return Month([shown[start : start + WEEK] for start in range(0, len(shown), WEEK)])


def _frame(month: date) -> tuple[date, date]:
    """Return the Monday on or before the first of a month, and the Sunday on or after its last day."""
    first = month.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    last = next_month - timedelta(days=1)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
