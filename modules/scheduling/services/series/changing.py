"""Change one, the following or all visits of a series, and call them off: looked at first, then all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.locking import lock_row
from modules.scheduling.domain.series import Occasion, cut_before, refused, shifted, so_often
from modules.scheduling.domain.states import MAY_MOVE
from modules.scheduling.gateways.packages import PackageRefused
from modules.scheduling.models import Appointment, Series
from modules.scheduling.selectors import Slot
from modules.scheduling.services.series.booking import Chosen, Picked, all_or_nothing, match, not_to_be_had
from modules.scheduling.services.series.planning import (
    Occurrence,
    PlannedVisit,
    SeriesWish,
    Terms,
    plan_visits,
    read_terms,
)
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.cancelling import CallOff
from modules.scheduling.services.visits.moving import Move, move_appointment
from modules.scheduling.services.visits.steps import cancel_appointment
from modules.scheduling.services.visits.telling import Tell

RULE = ("rule", "first_day", "starts", "length", "room_id")


class Scope(StrEnum):
    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


class SeriesChanged(Conflict):
    """Somebody else changed the series since it was looked at."""

    code = "series-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChange:
    """What is to be another. `visit_id` is the visit it begins at; `day` is where that one goes, and the others go as
    many days later or earlier. `starts` is the time of all of them, on the wall clock. What is None stays.

    Visits that were moved by hand keep their own time, unless `keep_moved` is off.
    """

    scope: Scope
    visit_id: UUID
    day: date | None = None
    starts: time | None = None
    length: int | None = None
    service_ids: tuple[UUID, ...] = ()
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    keep_moved: bool = True
    version: int | None = None
    tell: Tell = Tell.SOON


@dataclass(frozen=True, slots=True)
class Reach:
    """The visits that a change is about, and where they go."""

    series: Series
    visits: list[Appointment]
    days: int  # later
    starts: time
    terms: Terms

    @property
    def moving(self) -> dict[int, UUID]:
        return {visit.session_number or 0: visit.pk for visit in self.visits}

    def occasion(self, visit: Appointment) -> Occasion:
        """Return when the changed series has a visit."""
        day = (visit.planned_day or self.series.first_day) + timedelta(days=self.days)
        return Occasion(visit.session_number or 0, day, self.starts)

    def occurrences(self, *, keep_moved: bool) -> list[Occurrence]:
        return [self._occurrence(visit, keep_moved=keep_moved) for visit in self.visits]

    def _occurrence(self, visit: Appointment, *, keep_moved: bool) -> Occurrence:
        occasion = self.occasion(visit)
        stays = keep_moved and visit.is_off_its_series
        return occasion, visit.starts_at if stays else occasion.starts_at(self.series.location.zone)


def plan_change(*, series: Series, change: SeriesChange, by: Any, at: datetime) -> list[PlannedVisit]:
    """Return each visit as it would be after the change. Raises `CannotBook`, `NotAllowed` or `SeriesRefused`."""
    return _plan(_reach(series, change, by=by), change, at=at)


def change_series(*, series: Series, change: SeriesChange, chosen: Sequence[Chosen], by: Any, at: datetime) -> Series:
    """Move and change the chosen visits: all, or none. What is not chosen stays where it is.

    Returns the series that the visits are in afterwards: another one, if it was changed from some day on.
    Raises `SeriesTaken`, `SeriesChanged`, or what `plan_change` raises.
    """
    with transaction.atomic():
        series = _locked(series, seen=change.version)
        reach = _reach(series, change, by=by, lock=True)
        occurrences = reach.occurrences(keep_moved=change.keep_moved)
        picked = match([occasion for occasion, _start in occurrences], chosen=chosen, by=by)
        if not picked:
            raise refused(_("Choose at least one visit."), at="visits")
        planned = {occasion.number: start for occasion, start in occurrences}
        all_or_nothing(
            lambda: _move_all(reach, change, picked, planned, by=by, at=at),
            terms=reach.terms,
            plan=lambda: _plan(reach, change, at=at),
        )
        before = audit.snapshot(series, RULE)
        if change.scope is not Scope.ONE:
            series = _rewrite(reach, change)
        series.version += 1
        series.save()
        changes = audit.difference(before, series) | {"visits": (None, len(picked))}
        audit.record(action="scheduling.series.changed", of=series, by=by, changes=changes)
        telling.about_series(series, at=at, tell=change.tell, what="changed")
    return series


def cancel_series(
    *, series: Series, scope: Scope, visit_id: UUID, cancellation: CallOff, by: Any, at: datetime
) -> list[Appointment]:
    """Call off one, the following or all visits that have not begun: all, or none. One message says so.

    `cancellation.version` is of the series. Raises `SeriesChanged` or `SeriesRefused`.
    """
    with transaction.atomic():
        series = _locked(series, seen=cancellation.version)
        visits = visits_in(series, scope=scope, visit_id=visit_id, by=by, lock=True)
        quietly = replace(cancellation, version=None, tell=Tell.NOT)
        cancelled = [cancel_appointment(appointment=visit, cancellation=quietly, by=by, at=at) for visit in visits]
        series.version += 1
        series.save(update_fields=["version"])
        changes = {"visits": (len(cancelled), None)}
        audit.record(action="scheduling.series.cancelled", of=series, by=by, changes=changes)
        ids = [visit.pk for visit in cancelled]
        telling.about_series(series, at=at, tell=cancellation.tell, what="cancelled", visits=ids)
    return cancelled


def visits_in(series: Series, *, scope: Scope, visit_id: UUID, by: Any, lock: bool = False) -> list[Appointment]:
    """Return the visits of a series that this is about, of those that have not begun. Raises `SeriesRefused`."""
    rows = Appointment.objects.visible_to(by).filter(series=series, status__in=MAY_MOVE)
    if lock:
        ids = list(rows.values_list("pk", flat=True))
        list(Appointment.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    visits = list(rows.for_display().order_by("planned_day", "session_number"))
    first = next((visit for visit in visits if visit.pk == visit_id), None)
    if first is None:
        raise refused(_("Begin with a visit of this series that has not begun."), at="visit_id")
    if scope is Scope.ONE:
        return [first]
    if scope is Scope.FOLLOWING:
        return [visit for visit in visits if (visit.planned_day, visit.pk) >= (first.planned_day, first.pk)]
    return visits


def _locked(series: Series, *, seen: int | None) -> Series:
    locked = lock_row(Series.objects.for_display(), series.pk)
    if seen is not None and seen != locked.version:
        raise SeriesChanged(_("Somebody changed this series meanwhile. Look at it again."))
    return locked


def _reach(series: Series, change: SeriesChange, *, by: Any, lock: bool = False) -> Reach:
    visits = visits_in(series, scope=change.scope, visit_id=change.visit_id, by=by, lock=lock)
    first = next(visit for visit in visits if visit.pk == change.visit_id)
    planned_day = first.planned_day or series.first_day
    starts = change.starts or first.planned_time or series.starts
    days = (change.day - planned_day).days if change.day else 0
    return Reach(series, visits, days, starts, _terms(series, change, visits, starts, by=by))


def _terms(series: Series, change: SeriesChange, visits: list[Appointment], starts: time, *, by: Any) -> Terms:
    """Read what the visits have in common once they are changed."""
    own = [visit.practitioner_id for visit in visits]
    named = [change.practitioner_id] if change.practitioner_id else [*own, *series.practitioner_ids]
    length = change.length or (None if change.service_ids else series.length)
    wish = SeriesWish(
        patient_id=series.patient_id,
        service_ids=change.service_ids or tuple(series.service_ids),
        rule=series.rule,
        first_day=series.first_day,
        starts=starts,
        practitioner_ids=tuple(dict.fromkeys(named)),
        room_id=change.room_id or series.room_id,
        length=length,
    )
    return read_terms(wish, by=by)


def _plan(reach: Reach, change: SeriesChange, *, at: datetime) -> list[PlannedVisit]:
    occurrences = reach.occurrences(keep_moved=change.keep_moved)
    visits = plan_visits(reach.terms, occurrences=occurrences, at=at, moving=reach.moving)
    return with_their_own(visits, visits=reach.visits)


def with_their_own(plan: list[PlannedVisit], *, visits: Sequence[Appointment]) -> list[PlannedVisit]:
    """Have each visit stay with its own practitioner wherever that is possible."""
    own: dict[UUID | None, UUID] = {visit.pk: visit.practitioner_id for visit in visits}
    return [replace(each, slot=_slot_with(own.get(each.appointment_id), each)) for each in plan]


def _slot_with(practitioner_id: UUID | None, visit: PlannedVisit) -> Slot | None:
    return next((slot for slot in visit.look.slots if slot.practitioner_id == practitioner_id), visit.slot)


def _move_all(
    reach: Reach,
    change: SeriesChange,
    picked: Picked,
    planned: dict[int, datetime],
    *,
    by: Any,
    at: datetime,
) -> list[int]:
    """Move the chosen visits, and return the numbers of those that could not be."""
    occurrences = [(occasion, each.starts_at or planned[occasion.number]) for occasion, each in picked]
    moving = {occasion.number: reach.moving[occasion.number] for occasion, _each in picked}
    visits = with_their_own(
        plan_visits(reach.terms, occurrences=occurrences, at=at, moving=moving), visits=reach.visits
    )
    if taken := not_to_be_had(visits, picked=picked):
        return taken
    by_number = {visit.session_number: visit for visit in reach.visits}
    waiting = [(by_number[visit.number], visit, each) for visit, (_o, each) in zip(visits, picked, strict=True)]
    later = sum((visit.starts_at > mine.starts_at) - (visit.starts_at < mine.starts_at) for mine, visit, _e in waiting)
    waiting.sort(key=lambda one: one[0].starts_at, reverse=later > 0)  # the last makes way for the one before it
    while waiting:
        left = [one for one in waiting if not _moved(*one, change, reach.terms, by=by, at=at)]
        if len(left) == len(waiting):
            return sorted(visit.number for _mine, visit, _each in left)
        waiting = left
    return []


def _moved(
    mine: Appointment, visit: PlannedVisit, each: Chosen, change: SeriesChange, terms: Terms, *, by: Any, at: datetime
) -> bool:
    """Move one visit; not, if something is in its way still: perhaps one that will move yet."""
    practitioner_id = each.practitioner_id or change.practitioner_id
    if practitioner_id is None and visit.slot is not None:
        practitioner_id = visit.slot.practitioner_id
    to = Move(
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        practitioner_id=practitioner_id,
        room_id=change.room_id,
        service_ids=change.service_ids,
        override=each.override,
        tell=Tell.NOT,
    )
    try:
        move_appointment(appointment=mine, to=to, by=by, at=at)
    except PackageRefused:
        raise  # nothing that makes way helps against that
    except Conflict:
        return False
    return True


def _rewrite(reach: Reach, change: SeriesChange) -> Series:
    """Have the series say what it is now; one that is changed from some day on goes on as another."""
    series, first = reach.series, reach.occasion(reach.visits[0])
    goes_on = Appointment.objects.filter(series=series).exclude(pk__in=reach.moving.values())
    if change.scope is Scope.FOLLOWING and goes_on.filter(planned_day__lt=reach.visits[0].planned_day).exists():
        rule = so_often(shifted(series.rule, reach.days), len(reach.visits))
        series.rule = cut_before(series.rule, reach.visits[0].planned_day or series.first_day)
        series.version += 1
        series.save()
        series = replace_series(series, rule=rule, first_day=first.day)
    else:
        series.rule = shifted(series.rule, reach.days)
        series.first_day += timedelta(days=reach.days)
    series.starts = reach.starts
    series.length = int(reach.terms.length.total_seconds() // 60)
    series.service_ids = [service.pk for service in reach.terms.services.all]
    if change.practitioner_id:
        series.practitioner_ids = [change.practitioner_id]
    if change.room_id:
        series.room_id = change.room_id
    series.save()
    for visit in Appointment.objects.filter(pk__in=reach.moving.values()):
        occasion = reach.occasion(visit)
        visit.series, visit.planned_day, visit.planned_time = series, occasion.day, occasion.time
        visit.save(update_fields=["series", "planned_day", "planned_time"])
    return series


def replace_series(series: Series, *, rule: str, first_day: date) -> Series:
    """Return a new series that goes on from another, not saved yet."""
    return Series(
        location=series.location,
        patient_id=series.patient_id,
        service_ids=series.service_ids,
        practitioner_ids=series.practitioner_ids,
        room=series.room,
        rule=rule,
        first_day=first_day,
        starts=series.starts,
        length=series.length,
        continues=series,
        created_by_id=series.created_by_id,
        created_by_name=series.created_by_name,
    )
