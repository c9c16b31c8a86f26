"""Who on the waiting list gets a freed time: who could come at all, and who is the best match, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

DAY = timedelta(days=1)
OF_A_DAY, OF_A_DAY_SOONER, AT_MOST = 2, 1, 30  # points for each day of waiting, for each day gained, and their limit
SMALLEST_REST = timedelta(minutes=15)  # what is shorter cannot be booked by anybody
FITS_EXACTLY, LEAVES_NO_SCRAP, NAMED_HOURS, NAMED_PERSON = 15, 5, 10, 10


class Priority(StrEnum):
    URGENT = "URGENT"
    SOON = "SOON"
    ROUTINE = "ROUTINE"


# Waiting longer and gaining more outweigh one step of urgency together, but never two.
POINTS = {Priority.URGENT: 120, Priority.SOON: 40, Priority.ROUTINE: 0}


class Window(NamedTuple):
    """Wall-clock hours on some days of the week in which a visit may begin and end; none named: at any time."""

    weekdays: frozenset[int] = frozenset()  # none: each day; 0 is Monday
    starts: time | None = None
    ends: time | None = None

    def holds(self, first: datetime, last: datetime) -> bool:
        """Test whether a visit from `first` to `last`, both local, lies within."""
        if self.weekdays and first.weekday() not in self.weekdays:
            return False
        if self.starts is not None and first.time() < self.starts:
            return False
        return self.ends is None or (last.date() == first.date() and last.time() <= self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Somebody who waits, as far as the choice goes. `has_visit_at` is the visit that they would like earlier."""

    id: UUID
    since: datetime
    first_day: date
    priority: Priority = Priority.ROUTINE
    last_day: date | None = None
    windows: tuple[Window, ...] = ()
    practitioners: frozenset[UUID] = field(default=frozenset())
    location: UUID | None = None
    notice: timedelta = timedelta(0)
    has_visit_at: datetime | None = None


class Opening(NamedTuple):
    """A visit that could be held: local moments, and the free stretch around it."""

    starts_at: datetime
    ends_at: datetime
    practitioner: UUID
    location: UUID
    free_from: datetime
    free_until: datetime


class Reason(NamedTuple):
    """Why somebody matches: `code` says what, `value` how much (days, minutes), `points` what it counts."""

    code: str
    points: int
    value: int = 0


class Match(NamedTuple):
    waiter: Waiter
    opening: Opening
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int:
        return sum(reason.points for reason in self.reasons)


def obstacle(waiter: Waiter, opening: Opening, *, at: datetime) -> str | None:
    """Return the code of what keeps somebody from coming then; None if nothing does."""
    day = opening.starts_at.date()
    checks = {
        "notice": opening.starts_at < at + waiter.notice,
        "days": day < waiter.first_day or (waiter.last_day is not None and day > waiter.last_day),
        "windows": bool(waiter.windows) and not _window(waiter, opening),
        "practitioner": bool(waiter.practitioners) and opening.practitioner not in waiter.practitioners,
        "location": waiter.location not in {None, opening.location},
        "not-earlier": waiter.has_visit_at is not None and opening.starts_at >= waiter.has_visit_at,
    }
    return next((code for code, stands_in_the_way in checks.items() if stands_in_the_way), None)


def match(waiter: Waiter, opening: Opening, *, at: datetime) -> Match | None:
    """Return how well this time suits somebody who could come; None for who could not."""
    if obstacle(waiter, opening, at=at):
        return None
    return Match(waiter, opening, tuple(reason for reason in _reasons(waiter, opening, at=at) if reason is not None))


def best_first(matches: Iterable[Match]) -> list[Match]:
    """Return each person's best match, the best of all first; of those alike, whoever has waited longest."""
    best: dict[UUID, Match] = {}
    for each in sorted(matches, key=_rank):
        best.setdefault(each.waiter.id, each)
    return list(best.values())


def _rank(each: Match) -> tuple[int, datetime, UUID, Opening]:
    return -each.score, each.waiter.since, each.waiter.id, each.opening


def _reasons(waiter: Waiter, opening: Opening, *, at: datetime) -> Iterable[Reason | None]:
    if waiter.priority != Priority.ROUTINE:
        yield Reason(f"priority-{waiter.priority.lower()}", POINTS[waiter.priority])
    waited = max((at - waiter.since) // DAY, 0)
    yield Reason("waited", min(waited * OF_A_DAY, AT_MOST), waited)
    if waiter.windows:
        yield Reason("window", NAMED_HOURS)
    if waiter.practitioners:
        yield Reason("practitioner", NAMED_PERSON)
    if waiter.has_visit_at is not None:
        gained = (waiter.has_visit_at - opening.starts_at) // DAY
        yield Reason("sooner", min(gained * OF_A_DAY_SOONER, AT_MOST), gained)
    yield _fit(opening)


def _fit(opening: Opening) -> Reason | None:
    """Return how well a visit fills the free stretch: to the minute, or at least without a rest that nobody can use."""
    rests = (opening.starts_at - opening.free_from, opening.free_until - opening.ends_at)
    if not any(rests):
        return Reason("fills-gap", FITS_EXACTLY)
    if any(timedelta(0) < rest < SMALLEST_REST for rest in rests):
        return None
    return Reason("no-scrap", LEAVES_NO_SCRAP)


def _window(waiter: Waiter, opening: Opening) -> Window | None:
    return next((each for each in waiter.windows if each.holds(opening.starts_at, opening.ends_at)), None)


def offer_ends(*, starts_at: datetime, sent_at: datetime, lifetime: timedelta, notice: timedelta) -> datetime:
    """Return until when somebody may think about it: its lifetime, but never less than their notice before."""
    return min(sent_at + lifetime, starts_at - notice)
