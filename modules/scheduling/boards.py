"""The day and the week as they are drawn. Plain rows in their order; templates only show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from access.membership import reach_of
from access.presets import Reach
from kernel.periods import Period, local_period
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location, Practitioner, WorkingHours
from modules.scheduling.selectors import search_of_days

ROW_MINUTES = 5
SATURDAY = 5
LONG_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the Today board."""

    key: str
    cards: list[Appointment]


@dataclass(frozen=True, slots=True)
class Today:
    day: date
    lanes: list[Lane]
    counts: dict[str, int]


def today_board(appointments: Iterable[Appointment], *, day: date, at: datetime) -> Today:
    """Sort a day's visits into what is due, waiting, in session and done."""
    by_status: dict[str, list[Appointment]] = defaultdict(list)
    for appointment in appointments:
        by_status[appointment.status].append(appointment)
    waiting = by_status[Status.CHECKED_IN]
    lanes = [
        Lane("due", by_status[Status.SCHEDULED] + by_status[Status.CONFIRMED]),
        Lane("waiting", waiting),
        Lane("in_session", by_status[Status.IN_PROGRESS]),
        Lane("done", by_status[Status.COMPLETED]),
    ]
    for lane in lanes:
        lane.cards.sort(key=lambda card: card.starts_at)
    counts = {lane.key: len(lane.cards) for lane in lanes}
    counts["booked"] = sum(counts.values())
    counts["no_show"] = len(by_status[Status.NO_SHOW])
    counts["long_wait"] = sum(1 for card in waiting if card.checked_in_at and at - card.checked_in_at > LONG_WAIT)
    return Today(day, lanes, counts)


@dataclass(frozen=True, slots=True)
class Block:
    """Something in a column, placed by grid rows of five minutes from the opening."""

    first_row: int
    last_row: int
    appointment: Appointment | None = None


@dataclass(slots=True)
class Column:
    practitioner: Practitioner
    day: date
    events: list[Block] = field(default_factory=list)
    off: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DayColumns:
    day: date
    is_today: bool
    columns: list[Column]

    @property
    def agenda(self) -> list[Appointment]:
        """The day's visits one after the other, whoever they are with."""
        visits = [block.appointment for column in self.columns for block in column.events if block.appointment]
        return sorted(visits, key=lambda visit: (visit.starts_at, visit.practitioner.name))


@dataclass(frozen=True, slots=True)
class Grid:
    """A calendar of some days by practitioner. `hours` are the labels of the axis."""

    days: list[DayColumns]
    hours: list[str]
    opens: time


def calendar_grid(*, first: date, last: date, user: Any, location: Location, at: datetime) -> Grid:
    """Return the days from `first` to `last` with every calendar this user may see."""
    zone = location.zone
    search = search_of_days(first, last, zone)
    rows = Appointment.objects.visible_to(user).for_display().holding_or_missed().within(search.start, search.end)
    appointments = list(rows.in_order())
    practitioners = _calendars(user, appointments)
    hours = _hours_of(practitioners)
    opens, closes = _opening(appointments, hours, zone)
    today = at.astimezone(zone).date()
    days = []
    booked = {appointment.starts_at.astimezone(zone).date() for appointment in appointments}
    for day in _days(first, last, worked={weekday for _, weekday in hours}, booked=booked):
        columns = [_column(p, day, appointments, hours, zone, opens, closes) for p in practitioners]
        days.append(DayColumns(day, day == today, columns))
    labels = [f"{hour:02d}:00" for hour in range(opens.hour, closes.hour)]
    return Grid(days, labels, opens)


def _days(first: date, last: date, *, worked: set[int], booked: set[date]) -> list[date]:
    """Return the days to draw: of several, those of the weekend only if somebody works or is booked then."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    busy = [day for day in days if day.weekday() < SATURDAY or day.weekday() in worked or day in booked]
    return busy if len(days) > 1 else days


def _calendars(user: Any, appointments: list[Appointment]) -> list[Practitioner]:
    """Return whose columns are drawn: everybody's for the desk, one's own for a practitioner."""
    shown = Practitioner.objects.current().order_by("name")
    if reach_of(user, "scheduling.view_appointment") is not Reach.ALL:
        shown = shown.filter(user_id=user.pk)
    former = {appointment.practitioner for appointment in appointments} - set(shown)
    return [*shown, *sorted(former, key=str)]


def _hours_of(practitioners: list[Practitioner]) -> dict[tuple[Any, int], list[WorkingHours]]:
    hours: dict[tuple[Any, int], list[WorkingHours]] = defaultdict(list)
    for row in WorkingHours.objects.filter(practitioner__in=practitioners).order_by("starts"):
        hours[row.practitioner_id, row.weekday].append(row)
    return hours


def _opening(
    appointments: list[Appointment], hours: dict[tuple[Any, int], list[WorkingHours]], zone: ZoneInfo
) -> tuple[time, time]:
    """Return the first and last whole hour that anything lies in."""
    starts = [row.starts for rows in hours.values() for row in rows]
    ends = [row.ends for rows in hours.values() for row in rows]
    starts += [appointment.starts_at.astimezone(zone).time() for appointment in appointments]
    ends += [appointment.ends_at.astimezone(zone).time() for appointment in appointments]
    first = min([*starts, time(9)]).hour
    last = max([*ends, time(17)])
    return time(first), time(min(last.hour + (1 if last.minute else 0), 23))


def _column(
    practitioner: Practitioner,
    day: date,
    appointments: list[Appointment],
    hours: dict[tuple[Any, int], list[WorkingHours]],
    zone: ZoneInfo,
    opens: time,
    closes: time,
) -> Column:
    frame = local_period(day, opens, closes, zone)
    column = Column(practitioner, day)
    for appointment in appointments:
        period = Period(appointment.starts_at, appointment.ends_at)
        if appointment.practitioner_id == practitioner.pk and period.overlaps(frame):
            column.events.append(Block(_row(period.start, frame), _row(period.end, frame), appointment))
    cursor = frame.start
    for row in hours[practitioner.pk, day.weekday()]:
        worked = local_period(day, row.starts, row.ends, zone)
        if worked.start > cursor:
            column.off.append(Block(_row(cursor, frame), _row(worked.start, frame)))
        cursor = max(cursor, worked.end)
    if cursor < frame.end:
        column.off.append(Block(_row(cursor, frame), _row(frame.end, frame)))
    return column


def _row(moment: datetime, frame: Period) -> int:
    """Return the five-minute row of the grid that a moment falls on, counted from the opening."""
    inside = min(max(moment, frame.start), frame.end)
    return int((inside - frame.start).total_seconds() // 60 // ROW_MINUTES)
