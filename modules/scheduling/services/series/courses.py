"""Place a course of visits where there is room: so many, on the days and at the times that suit, some days apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.periods import Period, as_utc
from modules.scheduling.domain.series import MOST_VISITS, Occasion, refused
from modules.scheduling.gateways.packages import Pause
from modules.scheduling.models import Series
from modules.scheduling.selectors import Look, Occasions, Slot, read_occasions, search_of_days
from modules.scheduling.services.series.booking import Chosen, Draft, save
from modules.scheduling.services.series.planning import PlannedVisit, SeriesWish, Terms, read_terms
from modules.scheduling.services.visits.telling import Tell

LONGEST = 90  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseWish:
    """So many visits from `first_day` on, within `days` days. `between`: the local time of the start.

    `practitioners_of` names, for some of them by number, who may take that one; the others are with any of
    `practitioner_ids`, or with anybody. `days_apart` holds between them, and from the days in `apart_from`; none of
    them is within a pause.
    """

    patient_id: UUID | None
    service_ids: tuple[UUID, ...]
    sessions: int
    first_day: date
    days: int = LONGEST
    weekdays: frozenset[int] = frozenset()
    between: tuple[time, time] | None = None
    days_apart: int = 1
    apart_from: frozenset[date] = frozenset()
    pauses: tuple[Pause, ...] = ()
    practitioner_ids: tuple[UUID, ...] = ()
    practitioners_of: Mapping[int, tuple[UUID, ...]] = field(default_factory=lambda: MappingProxyType({}))
    room_id: UUID | None = None
    remark: str = ""
    tell: Tell = Tell.SOON
    package_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A visit for which no time was found, and why."""

    number: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class CoursePlan:
    visits: list[PlannedVisit]
    unplaced: list[Unplaced]


def plan_course(*, wish: CourseWish, by: Any, at: datetime) -> CoursePlan:
    """Return when the visits of a course can be, as early as they can, and why some cannot.

    The same question always has the same answer. Raises `CannotBook`, `NotAllowed` or `SeriesRefused`.
    """
    check_course(wish)
    terms = course_terms(wish, by=by)
    zone = terms.location.zone
    last_day = wish.first_day + timedelta(days=wish.days - 1)
    search = search_of_days(wish.first_day, last_day, zone)
    known = read_occasions(wanted=terms.wanted(), span=search, patient_id=terms.patient.id, at=at)
    free = known.free_on(Period(as_utc(search.start), as_utc(search.end)))
    return Placing(wish, terms, known, free, last_day).place()


def book_course(*, wish: CourseWish, chosen: Sequence[Chosen], by: Any, at: datetime) -> Series:
    """Book what was chosen of a course: all, or none. Each of `chosen` says when. Raises as `book_series` does."""
    check_course(wish)
    terms = course_terms(wish, by=by)
    zone = terms.location.zone
    occasions = [_occasion(each, zone) for each in chosen]
    if not occasions:
        raise refused(_("Choose at least one visit."), at="visits")
    first = min(occasions, key=lambda occasion: (occasion.day, occasion.time))
    series = Series(
        location=terms.location,
        patient_id=terms.patient.id,
        service_ids=list(wish.service_ids),
        practitioner_ids=list(wish.practitioner_ids),
        room=terms.room,
        first_day=first.day,
        starts=first.time,
        length=int(terms.length.total_seconds() // 60),
        created_by_id=by.pk,
        created_by_name=str(by),
    )
    draft = Draft(series, terms, remark=wish.remark, tell=wish.tell, package_id=wish.package_id)
    return save(draft, occasions=occasions, chosen=chosen, by=by, at=at)


class Placing:
    """Puts one visit after the other into what is free."""

    def __init__(self, wish: CourseWish, terms: Terms, known: Occasions, free: list[Slot], last_day: date) -> None:
        self.wish, self.terms, self.known, self.last_day = wish, terms, known, last_day
        counts = Counter(slot.practitioner_id for slot in free)
        order = {each: position for position, each in enumerate(wish.practitioner_ids)}

        def rank(slot: Slot) -> tuple[datetime, int, int, str]:
            who = slot.practitioner_id
            return as_utc(slot.starts_at), order.get(who, len(order)), -counts[who], str(who)

        self.free = sorted((slot for slot in free if not self._is_ruled_out(slot.starts_at.date())), key=rank)
        self.wished = [slot for slot in self.free if self._is_wished(slot)]

    def place(self) -> CoursePlan:
        visits: list[PlannedVisit] = []
        unplaced: list[Unplaced] = []
        earliest = self.wish.first_day
        for number in range(1, self.wish.sessions + 1):
            slot = self._first(self.wished, number, earliest)
            if slot is None:
                unplaced.append(self._why_not(number, earliest))
                continue
            visits.append(self._visit(number, slot))
            earliest = slot.starts_at.date() + timedelta(days=self.wish.days_apart)
        return CoursePlan(visits, unplaced)

    def _is_ruled_out(self, day: date) -> bool:
        is_too_near = any(abs((day - other).days) < self.wish.days_apart for other in self.wish.apart_from)
        return is_too_near or any(pause.includes(day) for pause in self.wish.pauses)

    def _is_wished(self, slot: Slot) -> bool:
        wish, start = self.wish, slot.starts_at
        if wish.weekdays and start.weekday() not in wish.weekdays:
            return False
        return wish.between is None or wish.between[0] <= start.time().replace(tzinfo=None) < wish.between[1]

    def _first(self, slots: list[Slot], number: int, earliest: date) -> Slot | None:
        named = self.wish.practitioners_of.get(number)
        return next(
            (
                slot
                for slot in slots
                if slot.starts_at.date() >= earliest and (not named or slot.practitioner_id in named)
            ),
            None,
        )

    def _visit(self, number: int, slot: Slot) -> PlannedVisit:
        start = slot.starts_at
        occasion = Occasion(number, start.date(), start.time().replace(tzinfo=None))
        same_time = tuple(other for other in self.wished if other.starts_at == start)
        return PlannedVisit(occasion, start, slot.ends_at, slot, Look(same_time, (), self.known.near(start)))

    def _why_not(self, number: int, earliest: date) -> Unplaced:
        last = date_format(self.last_day, "D j M")
        if earliest > self.last_day:
            sentence = _("The visits before it take until %(last)s, the last day.") % {"last": last}
            return Unplaced(number, "no-days-left", sentence)
        if number in self.wish.practitioners_of and self._first(self.wished, 0, earliest):
            sentence = _("Whoever is named for it has nothing free until %(last)s.") % {"last": last}
            return Unplaced(number, "practitioner-full", sentence)
        other = self._first(self.free, number, earliest)
        if other is None:
            return Unplaced(number, "full", _("Nothing is free until %(last)s.") % {"last": last})
        when = date_format(other.starts_at, "D j M, H:i")
        sentence = _("Nothing is free on the days and times asked for until %(last)s. The next at all: %(when)s.")
        return Unplaced(number, "wish-full", sentence % {"last": last, "when": when})


def check_course(wish: CourseWish) -> None:
    """Raise `SeriesRefused` for a course that makes no sense."""
    if not 1 <= wish.sessions <= MOST_VISITS:
        raise refused(_("A course has from 1 to %(most)d visits.") % {"most": MOST_VISITS}, at="sessions")
    if wish.days_apart < 1:
        raise refused(_("The visits are at least a day apart."), at="days_apart")
    if not 1 <= wish.days <= LONGEST:
        raise refused(_("Look at most %(most)d days ahead.") % {"most": LONGEST}, at="days")
    if wish.between and wish.between[0] >= wish.between[1]:
        raise refused(_("The times end after they begin."), at="between")


def course_terms(wish: CourseWish, *, by: Any) -> Terms:
    named = dict.fromkeys([*wish.practitioner_ids, *(each for ids in wish.practitioners_of.values() for each in ids)])
    as_series = SeriesWish(
        patient_id=wish.patient_id,
        service_ids=wish.service_ids,
        rule="",
        first_day=wish.first_day,
        starts=time(),
        practitioner_ids=tuple(named) if wish.practitioner_ids else (),
        room_id=wish.room_id,
    )
    return read_terms(as_series, by=by)


def _occasion(each: Chosen, zone: Any) -> Occasion:
    if each.starts_at is None:
        raise refused(_("Say when each visit is to be."), at="visits")
    start = each.starts_at.astimezone(zone)
    return Occasion(each.number, start.date(), start.time().replace(tzinfo=None))
