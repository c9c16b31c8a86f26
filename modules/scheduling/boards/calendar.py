"""The day and the week, in columns by practitioner, room or service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.periods import Period, days
from modules.scheduling.boards.groups import Group, as_groups, shown_groups
from modules.scheduling.boards.times import Times, read_times
from modules.scheduling.boards.visits import (
    By,
    Resource,
    Visit,
    as_visits,
    known_resources,
    practitioners_of,
    rooms,
    services,
    shown_visits,
)
from modules.scheduling.domain.lanes import Lane, lanes
from modules.scheduling.domain.states import PROVISIONAL, Status
from modules.scheduling.domain.wall_clock import Axis, Rows, axis_of, days_of, merged, whole_day
from modules.scheduling.models import Location
from modules.scheduling.selectors import search_of_days

SATURDAY = 5
USUAL_DAY = (9, 17)
HOURS_A_DAY = 24

Shown = Visit | Group  # what a card is of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which days, in which columns, of which practitioners (none named: all that the user sees)."""

    first: date
    last: date
    by: By = By.PRACTITIONER
    practitioners: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Card:
    """A visit as one column shows it. It may have begun the day before, or go on after midnight."""

    visit: Shown
    rows: Rows
    lane: Lane
    tone: str
    began_before: bool
    goes_on: bool

    @property
    def place(self) -> str:
        """Where it stands, as classes: no style attribute is allowed."""
        side_by_side = f" lane-{self.lane.number} of-{self.lane.of}" if self.lane.of > 1 else ""
        return f"s-{self.rows.first} e-{self.rows.last}{side_by_side}"

    @property
    def manner(self) -> str:
        """How it is drawn, as classes."""
        group = " group" if isinstance(self.visit, Group) else ""
        return group + (f" {self.tone}" if self.tone else "") + (" goes-on" if self.goes_on else "")

    @property
    def clock(self) -> str:
        return date_format(self.visit.starts_at, "D H:i") if self.began_before else self.visit.clock

    @property
    def may_move(self) -> bool:
        return self.visit.may_move and not self.began_before


@dataclass(frozen=True, slots=True)
class Off:
    """Rows in which nobody is to be booked, and why; without a title it is outside the hours."""

    rows: Rows
    title: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    resource: Resource
    cards: list[Card]
    off: list[Off]


@dataclass(frozen=True, slots=True)
class DayColumns:
    day: date
    is_today: bool
    columns: list[Column]
    now_row: int | None
    booked: int | None  # per cent of the working hours


@dataclass(frozen=True, slots=True)
class Grid:
    """Some days side by side, in the rows of one axis; `agenda` has each day's visits in their order."""

    days: list[DayColumns]
    axis: Axis
    agenda: dict[date, list[Shown]]
    legend: list[Resource]

    @property
    def patients(self) -> list[UUID]:
        """Whose visits are shown."""
        return [visit.patient_id for visits in self.agenda.values() for visit in visits if isinstance(visit, Visit)]


def calendar_grid(*, wanted: Wanted, user: Any, location: Location, at: datetime) -> Grid:
    """Return the days wanted, with what this user may see on them."""
    zone, search = location.zone, search_of_days(wanted.first, wanted.last, location.zone)
    found = shown_visits(user, search, practitioners=wanted.practitioners)
    known = known_resources()
    groups = as_groups(shown_groups(user, search, practitioners=wanted.practitioners), known=known, zone=zone)
    visits = _in_order(as_visits(found, known=known, user=user, zone=zone, at=at), groups)
    people = [each for each in practitioners_of(user) if not wanted.practitioners or each.id in wanted.practitioners]
    offered, places = services(), rooms() if wanted.by is By.ROOM else []
    columns = _columns(wanted.by, {By.PRACTITIONER: people, By.ROOM: places, By.SERVICE: offered}[wanted.by], visits)
    times = read_times(people, places, location, search, at=at)
    shown = _days(wanted, visits, times, zone)
    by_day = _by_day(visits, shown, zone)
    drawing = _Drawing(_axis(by_day, times, zone), wanted.by, columns, times, at)
    return Grid([drawing.day(day, on) for day, on in by_day.items()], drawing.axis, by_day, offered)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What all days of a grid have in common."""

    axis: Axis
    by: By
    resources: list[Resource]
    times: Times
    at: datetime

    def day(self, day: date, visits: list[Shown]) -> DayColumns:
        of: dict[UUID | None, list[tuple[Shown, Rows]]] = defaultdict(list)
        for visit in visits:
            resource, rows = self.by.of(visit), self.axis.rows_of(visit.period, day)
            if rows:
                of[resource.id if resource else None].append((visit, rows))
        worked = {who: self._rows(day, periods) for who, periods in self.times.hours.items()}
        anybody = [rows for stretches in worked.values() for rows in stretches]
        columns = [
            Column(each, self._cards(day, of[each.id]), self._off(day, each, self._open(each, worked, anybody)))
            for each in self.resources
        ]
        is_today = self.at.astimezone(self.axis.zone).date() == day
        now_row = self.axis.row_of(self.at, day) if is_today else None
        drawn = [each for placed in of.values() for each in placed]
        return DayColumns(day, is_today, columns, now_row, _booked(drawn, anybody))

    def _cards(self, day: date, placed: list[tuple[Shown, Rows]]) -> list[Card]:
        frame = whole_day(day, self.axis.zone)
        side_by_side = lanes([rows for _visit, rows in placed])
        return [
            Card(
                *(visit, rows, lane, _tone(visit, self.at)),
                began_before=visit.period.start < frame.start,
                goes_on=visit.period.end > frame.end,
            )
            for (visit, rows), lane in zip(placed, side_by_side, strict=True)
        ]

    def _open(self, resource: Resource, worked: dict[UUID, list[Rows]], anybody: list[Rows]) -> list[Rows]:
        """Return when a column is open: somebody's hours; of a room or a service, whenever anybody works."""
        return worked.get(resource.id, []) if self.by is By.PRACTITIONER and resource.id else anybody

    def _off(self, day: date, resource: Resource, hours: list[Rows]) -> list[Off]:
        """Return what a column is closed for: outside the hours, blocks by their titles, what the clocks leave out."""
        blocked = self.times.closed + (self.times.blocked.get(resource.id, []) if resource.id else [])
        titled = [Off(rows, each.title) for each in blocked for rows in self._rows(day, [each.period])]
        missing = [Off(rows, _("The clocks skip this")) for rows in self.axis.missing(day)]
        return [Off(rows) for rows in _between(hours, self.axis.rows)] + titled + missing

    def _rows(self, day: date, periods: list[Period]) -> list[Rows]:
        return [rows for period in periods if (rows := self.axis.rows_of(period, day))]


def _booked(placed: list[tuple[Shown, Rows]], anybody: list[Rows]) -> int | None:
    """Return how much of a day's hours is booked, in per cent."""
    held, worked = _height(rows for visit, rows in placed if visit.status != Status.NO_SHOW), _height(anybody)
    return min(100, round(100 * held / worked)) if worked else None


def _tone(visit: Shown, at: datetime) -> str:
    if visit.status == Status.NO_SHOW:
        return "noshow"
    if visit.status in PROVISIONAL:
        return "pending"
    return "done" if visit.status == Status.COMPLETED or visit.period.end <= at else ""


def _height(spans: Iterable[Rows]) -> int:
    return sum(span.last - span.first for span in spans)


def _between(spans: Iterable[Rows], rows: int) -> list[Rows]:
    """Return what the spans leave open of so many rows."""
    gaps, cursor = [], 0
    for span in merged(spans):
        if span.first > cursor:
            gaps.append(Rows(cursor, span.first))
        cursor = span.last
    return [*gaps, Rows(cursor, rows)] if cursor < rows else gaps


def _in_order(visits: list[Visit], groups: list[Group]) -> list[Shown]:
    return sorted([*visits, *groups], key=lambda each: each.period.start) if groups else [*visits]


def resources_seen_by(user: Any) -> dict[By, list[Resource]]:
    """Return what the columns can be, in their order."""
    return {By.PRACTITIONER: practitioners_of(user), By.ROOM: rooms(), By.SERVICE: services()}


def _columns(by: By, current: list[Resource], visits: list[Shown]) -> list[Resource]:
    """Return the columns of a day: what is in use, then what is not but has visits here."""
    known = {each.id for each in current}
    former = {of.id: of for visit in visits if (of := by.of(visit)) and of.id not in known}
    nowhere = [Resource(None, _("No room"))] if any(by.of(visit) is None for visit in visits) else []
    return [*current, *sorted(former.values(), key=lambda each: each.name), *nowhere]


def _days(wanted: Wanted, visits: list[Shown], times: Times, zone: ZoneInfo) -> list[date]:
    """Return the days to draw: of several, those of the weekend only if somebody works or is booked then."""
    asked = list(days(wanted.first, wanted.last))
    busy = {day for visit in visits for day in days_of(visit.period, zone)} | {
        day for day, _ in times.worked_days(zone)
    }
    shown = [day for day in asked if day.weekday() < SATURDAY or day in busy]
    return shown if len(asked) > 1 else asked


def _by_day(visits: list[Shown], shown: list[date], zone: ZoneInfo) -> dict[date, list[Shown]]:
    found: dict[date, list[Shown]] = {day: [] for day in shown}
    for visit in visits:
        for day in days_of(visit.period, zone):
            if day in found:
                found[day].append(visit)
    return found


def _axis(by_day: dict[date, list[Shown]], times: Times, zone: ZoneInfo) -> Axis:
    """Return the whole hours that anything lies in: all of them, if something goes on after midnight."""
    opens, closes = [USUAL_DAY[0]], [USUAL_DAY[1]]
    visits = ((day, visit.period) for day, booked in by_day.items() for visit in booked)
    for day, period in [*visits, *times.worked_days(zone)]:
        if day in by_day:
            start, end = period.start.astimezone(zone), period.end.astimezone(zone)
            opens.append(start.hour if start.date() == day else 0)
            closes.append(_up(end.time()) if end.date() == day else HOURS_A_DAY)
    return axis_of(by_day, zone, opens=min(opens), closes=max(closes))


def _up(at: time) -> int:
    """Return the whole hour at or after a time."""
    return at.hour + (1 if at.minute or at.second else 0)
