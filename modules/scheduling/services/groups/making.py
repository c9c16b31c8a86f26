"""Groups: put one into the calendar, change it for everybody who comes, and call it off."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row, lock_rows
from kernel.periods import Period
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.states import HOLDS_ITS_TIME, NOT_BEGUN, Status
from modules.scheduling.events import AppointmentMoved, GroupCalledOff
from modules.scheduling.models import Appointment, GroupSession, Series, SessionStatus
from modules.scheduling.selectors import Asker
from modules.scheduling.services.placing.clashes import Place, Search, clash_of, write_at_first_free
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.placing.places import look, places_to_try, rules_set_aside
from modules.scheduling.services.practice.opening import tell_of_opened
from modules.scheduling.services.series.packages import check_last_day
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import take_into_care
from modules.scheduling.services.visits.cancelling import CallOff
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.steps import cancel_appointment
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import (
    Services,
    check_own_calendar,
    check_room,
    check_time,
    read_period,
    read_practitioner,
    services_named,
    wrong,
)

CHANGEABLE = ("starts_at", "ends_at", "practitioner_id", "room_id", "places", "title")
MOST_PLACES = 500


class GroupChanged(Conflict):
    """Somebody else changed the group since it was looked at, or it will not be."""

    code = "group-changed"


class SomebodyCannot(Conflict):
    """Some of those who come have another visit at the new time."""

    code = "participants-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWish:
    """A group at one time. Without a room, a free one is found; without places, the service's own number."""

    service_id: UUID
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: UUID | None = None
    places: int | None = None
    title: str = ""
    series: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """What is to be another. What is None stays. Places never become fewer than those who come."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    places: int | None = None
    title: str | None = None
    version: int | None = None
    tell: Tell = Tell.SOON

    @property
    def is_move(self) -> bool:
        return any((self.starts_at, self.ends_at, self.practitioner_id, self.room_id))


@transaction.atomic
def create_group(*, wish: GroupWish, by: Any, at: datetime) -> GroupSession:
    """Put a group into the calendar. Raises `CannotBook`, `NotAllowed` or `SlotTaken`."""
    services = services_named((wish.service_id,))
    places = wish.places or services.first.places
    if places is None or not 1 <= places <= MOST_PLACES:
        raise wrong(_("Say how many can come."), at="places")
    period = read_period(starts_at=wish.starts_at, ends_at=wish.ends_at, usual=services.length)
    session = GroupSession(service=services.first, places=places, title=wish.title, series=wish.series)
    _put(session, services, period, practitioner_id=wish.practitioner_id, room_id=wish.room_id, by=by, at=at)
    made = audit.created(session, ["service_id", *CHANGEABLE])
    audit.record(action="scheduling.groupsession.created", of=session, by=by, changes=made)
    return session


@transaction.atomic
def change_group(*, session: GroupSession, change: GroupChange, by: Any, at: datetime) -> GroupSession:
    """Change a group, and with it every visit in it: all, or nothing.

    Raises `GroupChanged`, `SomebodyCannot`, `CannotBook`, `NotAllowed` or `SlotTaken`.
    """
    session = lock_group(session, seen=change.version)
    coming = coming_to(session, lock=True)
    before = audit.snapshot(session, CHANGEABLE)
    if change.places is not None:
        _set_places(session, change.places, coming)
    if change.title is not None:
        session.title = change.title
    session.version += 1
    if change.is_move:
        _move(session, change, coming, by=by, at=at)
    else:
        session.save()
    changes = audit.difference(before, session)
    audit.record(action="scheduling.groupsession.changed", of=session, by=by, changes=changes)
    return session


@transaction.atomic
def cancel_group(*, session: GroupSession, cancellation: CallOff, by: Any, at: datetime) -> GroupSession:
    """Call a group off, and every visit in it that has not begun; each who comes is told. Twice is no error."""
    session = lock_row(GroupSession.objects.for_display(), session.pk)
    if session.status == SessionStatus.CANCELLED:
        return session
    session = lock_group(session, seen=cancellation.version)
    check_own_calendar(session.practitioner, by=by)
    each_one = CallOff(reason=cancellation.reason, side=cancellation.side, tell=cancellation.tell)
    coming = [visit for visit in coming_to(session, lock=True) if _is_called_off_with_it(visit)]
    for visit in coming:
        cancel_appointment(appointment=visit, cancellation=each_one, by=by, at=at)
    session.status, session.version = SessionStatus.CANCELLED, session.version + 1
    session.save()
    publish(GroupCalledOff(session_id=session.pk))
    tell_of_opened(
        practitioner_id=session.practitioner_id, location_id=session.location_id, period=as_period(session.period)
    )
    changes = {"status": (SessionStatus.SCHEDULED, session.status), "visits": (len(coming), 0)}
    audit.record(action="scheduling.groupsession.cancelled", of=session, by=by, changes=changes)
    return session


def _is_called_off_with_it(visit: Appointment) -> bool:
    """Not what has begun; and what is only offered is taken back, which is told otherwise."""
    return visit.status in NOT_BEGUN or (visit.is_provisional and visit.status != Status.OFFERED)


def lock_group(session: GroupSession, *, seen: int | None = None) -> GroupSession:
    """Return a group that will be, locked: who changes it or takes a place in it waits here. Raises `GroupChanged`."""
    locked = lock_row(GroupSession.objects.for_display(), session.pk)
    if locked.status != SessionStatus.SCHEDULED:
        raise GroupChanged(_("This group has been called off."))
    if seen is not None and seen != locked.version:
        raise GroupChanged(_("Somebody changed this group meanwhile. Look at it again."))
    return locked


def coming_to(session: GroupSession, *, lock: bool = False) -> list[Appointment]:
    """Return the visits that hold a place of a group, by place."""
    rows = session.appointments.filter(status__in=HOLDS_ITS_TIME).for_display()
    if lock:
        rows = lock_rows(rows)
    return sorted(rows, key=lambda visit: visit.session_place or 0)


def _put(
    session: GroupSession,
    services: Services,
    period: Period,
    *,
    practitioner_id: UUID,
    room_id: UUID | None,
    by: Any,
    at: datetime,
) -> None:
    """Write a group where its practitioner and a room are free."""
    check_time(period, by=by, at=at)
    check_room(room_id, services=services)
    practitioner = read_practitioner(practitioner_id, services=services, by=by)
    ignoring = None if session._state.adding else session.pk
    search = Search(services.all, period, room_id=room_id, at=at, asker=Asker.desk(), ignoring=ignoring)
    moment = look(search, practitioner_id=practitioner.pk)
    rules_set_aside(moment, practitioner=practitioner, search=search, override="")
    places = places_to_try(moment, practitioners=[practitioner])
    places.sort(key=lambda place: place.room is None or place.room[0] != session.room_id)
    write_at_first_free(_writer(session, services, period), places=places, search=search)


def _writer(session: GroupSession, services: Services, period: Period) -> Callable[[Place], GroupSession]:
    def write(place: Place) -> GroupSession:
        session.practitioner, session.practitioner_place = place.practitioner, place.practitioner_place
        session.room_id, session.room_place = place.room or (None, 1)
        session.location_id = place.location_id
        session.period, session.occupies = as_range(period), as_range(services.occupied(period))
        session.save()
        return session

    return write


def _move(session: GroupSession, change: GroupChange, coming: list[Appointment], *, by: Any, at: datetime) -> None:
    was = as_period(session.period)
    period = read_period(
        starts_at=change.starts_at or was.start,
        ends_at=change.ends_at,
        usual=was.length,
    )
    if any(visit.status not in NOT_BEGUN and not visit.is_provisional for visit in coming):
        raise GroupChanged(_("It has begun: somebody is here already."))
    services = Services(session.service)
    practitioner_id = change.practitioner_id or session.practitioner_id
    lock_resources(practitioners=[practitioner_id], others=[visit.patient_id for visit in coming])
    left_with, left_at = session.practitioner_id, session.location_id
    _put(session, services, period, practitioner_id=practitioner_id, room_id=change.room_id, by=by, at=at)
    if (period, practitioner_id) != (was, left_with):
        tell_of_opened(practitioner_id=left_with, location_id=left_at, period=was)
    busy = sum(not _follow(session, visit, was, by=by, at=at, tell=change.tell) for visit in coming)
    if busy:
        sentence = ngettext(
            "%(count)d of those who come has another visit at that time. Nothing has been changed.",
            "%(count)d of those who come have another visit at that time. Nothing has been changed.",
            busy,
        )
        raise SomebodyCannot(sentence % {"count": busy})


def _follow(session: GroupSession, visit: Appointment, was: Period, *, by: Any, at: datetime, tell: Tell) -> bool:
    """Have a visit go with its group; not, if the patient has another one then."""
    check_last_day(visit, starts_at=session.starts_at)
    before = audit.snapshot(visit, ["starts_at", "ends_at", "practitioner_id", "room_id"])
    seat(visit, session=session)
    with clash_of() as clash:
        visit.save()
    if clash.kind is not None:
        return False
    take_into_care(visit, by=by, at=at)
    note_change(visit, by=by, at=at)
    audit.record(action="scheduling.appointment.moved", of=visit, by=by, changes=audit.difference(before, visit))
    if as_period(session.period) != was:
        publish(AppointmentMoved(appointment_id=visit.pk, starts_at=visit.starts_at))
    telling.about_move(visit, at=at, tell=tell)
    return True


def seat(visit: Appointment, *, session: GroupSession) -> None:
    """Have a visit be where and when its group is, as another version of it."""
    visit.session, visit.location_id = session, session.location_id
    visit.practitioner, visit.room_id = session.practitioner, session.room_id
    visit.service_id = session.service_id
    visit.period = visit.occupies = session.period
    visit.version += 1
    visit.sequence += 1


def _set_places(session: GroupSession, places: int, coming: list[Appointment]) -> None:
    """Have more or fewer places, and seat those above the new number on places that are free."""
    if not max(len(coming), 1) <= places <= MOST_PLACES:
        sentence = _("%(count)d come already: there cannot be fewer places.") % {"count": len(coming)}
        raise wrong(sentence, at="places")
    session.places = places
    free = iter(sorted(set(range(1, places + 1)) - taken_places(coming)))
    for visit in coming:
        if visit.session_place is not None and visit.session_place > places:
            visit.session_place = next(free)
            visit.save(update_fields=["session_place"])


def taken_places(coming: Collection[Appointment]) -> set[int]:
    return {visit.session_place for visit in coming if visit.session_place is not None}
