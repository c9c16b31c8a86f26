"""What holds its time for a while only: accepted, confirmed, declined, or let go when its time ran out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from kernel.ranges import as_period
from modules.scheduling.domain.states import Status
from modules.scheduling.events import AppointmentBooked, AppointmentLapsed
from modules.scheduling.gateways.deposits import terms_of
from modules.scheduling.models import Appointment
from modules.scheduling.selectors import Asker
from modules.scheduling.services.placing.clashes import Search, SlotTaken, time_still_free, write_at_first_free
from modules.scheduling.services.placing.places import look, places_to_try, rules_set_aside
from modules.scheduling.services.series.packages import settle_session
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import take_into_care
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.moving import Move, move_appointment, mover, services_of
from modules.scheduling.services.visits.reserving import BY_MAIL, ask_for_deposit, reserved
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.versions import check_version
from modules.scheduling.services.visits.wishes import CannotBook

AT_A_TIME = 200
ACCEPTED = frozenset({Status.SCHEDULED, Status.RESERVED})
RAN_OUT = {
    Status.REQUESTED: gettext_lazy("not answered in time"),
    Status.RESERVED: gettext_lazy("the deposit was not paid in time"),
}


class NotWaiting(Conflict):
    """It was answered already, or its time ran out."""

    code = "request-not-waiting"


@transaction.atomic
def accept_request(
    *, appointment: Appointment, by: Any, at: datetime, to: Move | None = None, version: int | None = None
) -> Appointment:
    """Make a visit of what somebody asked for, at the time they asked for or at another; or, where a deposit is paid
    before, keep it for them until it is.

    Raises `NotAllowed`, `NotWaiting`, `ChangedMeanwhile`, and what `move_appointment` does. Twice does nothing more.
    """
    _check_may_answer(appointment, by=by)
    locked = _locked(appointment.pk)
    if locked.status in ACCEPTED:
        return locked
    _check_waits(locked, at=at)
    check_version(locked, seen=version)
    if to is not None:
        move_appointment(appointment=locked, to=replace(to, version=None, tell=Tell.NOT), by=by, at=at)
        locked = _locked(appointment.pk)
    terms = terms_of(services_of(locked).all) if locked.package_id is None else None  # what is paid for asks for none
    if terms is not None:
        standing = reserved(terms, until=at + BY_MAIL, period=as_period(locked.period))
        locked.expires_at = standing.expires_at
        _step(locked, standing.status, action="accepted", by=by, at=at)
        ask_for_deposit(locked, terms=terms, by=by, at=at)
        telling.about_reservation(locked, at=at)
        return locked
    locked.expires_at = None
    _step(locked, Status.SCHEDULED, action="accepted", by=by, at=at)
    _begin(locked, by=by, at=at)
    return locked


@transaction.atomic
def confirm_reservation(*, appointment_id: UUID, at: datetime) -> bool:
    """Make a visit of what was reserved, now that its deposit is paid or waived. False: there is no visit to be had.

    What had lapsed meanwhile is brought back, if its time is still free. Twice does nothing more.
    """
    locked = _locked(appointment_id)
    if locked.status == Status.CANCELLED:
        return False
    if locked.status not in {Status.RESERVED, Status.LAPSED}:
        return True
    before = locked.status
    locked.expires_at, locked.cancel_reason, locked.status = None, "", Status.SCHEDULED
    locked.version += 1
    if before == Status.LAPSED:
        if not _put_back(locked, at=at):
            return False
    else:
        locked.save()  # it holds its time already
    note_change(locked, by=None, at=at)
    changes = {"status": (before, locked.status)}
    audit.record(action="scheduling.appointment.secured", of=locked, by=None, changes=changes)
    _begin(locked, by=None, at=at)
    return True


@transaction.atomic
def decline_request(
    *, appointment: Appointment, reason: str, by: Any, at: datetime, version: int | None = None
) -> Appointment:
    """Say no to what somebody asked for; they hear why, and when else it is free. Raises as `accept_request` does."""
    _check_may_answer(appointment, by=by)
    locked = _locked(appointment.pk)
    if locked.status == Status.LAPSED:
        return locked
    _check_waits(locked, at=at)
    check_version(locked, seen=version)
    _let_go(locked, reason=reason, by=by, at=at)
    telling.about_refusal(locked, at=at)
    return locked


@transaction.atomic
def lapse(*, appointment: Appointment, reason: str, by: Any, at: datetime) -> bool:
    """Let what was held for a while go; its time is free at once. False if it is no longer only held.

    Whoever accepts or confirms it at the same moment waits for the same row: one of the two happens.
    """
    locked = _locked(appointment.pk)
    if not locked.is_provisional:
        return False
    _let_go(locked, reason=reason, by=by, at=at)
    return True


def expired(*, at: datetime, statuses: Collection[Status]) -> list[UUID]:
    """Return what was held until now, the longest overdue first."""
    rows = Appointment.objects.filter(status__in=statuses, expires_at__lte=at).order_by("expires_at")
    return list(rows.values_list("pk", flat=True)[:AT_A_TIME])


@transaction.atomic
def lapse_expired(*, appointment_id: UUID, at: datetime) -> None:
    """Let go what nobody answered or paid in time, and tell whoever asked. Nothing, if somebody did meanwhile."""
    locked = _locked(appointment_id)
    reason = RAN_OUT.get(Status(locked.status))
    if reason is not None and locked.expires_at is not None and locked.expires_at <= at:
        _let_go(locked, reason=str(reason), by=None, at=at)
        telling.about_refusal(locked, at=at)


def _locked(appointment_id: UUID) -> Appointment:
    return lock_row(Appointment.objects.for_display(), appointment_id)


def _begin(appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Set going what a visit sets going, now that it is one."""
    take_into_care(appointment, by=by, at=at)
    publish(AppointmentBooked(appointment_id=appointment.pk, starts_at=appointment.starts_at))
    telling.about_booking(appointment, at=at)


def _put_back(appointment: Appointment, *, at: datetime) -> bool:
    """Write a visit that had given its time back where it was, if that is still free; in another room if need be."""
    services, period, who = services_of(appointment), as_period(appointment.period), appointment.practitioner
    if period.start <= at:
        return False
    search = Search(services.all, period, room_id=None, at=at, asker=Asker.desk(), ignoring=appointment.pk)
    try:
        moment = look(search, practitioner_id=who.pk)
        rules_set_aside(moment, practitioner=who, search=search, override="")
        places = places_to_try(moment, practitioners=[who])
        put = mover(appointment=appointment, services=services, period=period)
        write_at_first_free(put, places=places, search=search)
    except (SlotTaken, CannotBook):
        return False
    return True


def _check_may_answer(appointment: Appointment, *, by: Any) -> None:
    if not by.has_perm("scheduling.run_visit", appointment):
        raise NotAllowed(_("Your role does not allow this."))


def _check_waits(appointment: Appointment, *, at: datetime) -> None:
    """An answer after the time has run out comes too late, whether or not the clock has looked since."""
    if appointment.status != Status.REQUESTED:
        raise NotWaiting(_("This is no longer waiting for an answer."))
    if appointment.expires_at is not None and appointment.expires_at <= at:
        raise NotWaiting(_("The time for an answer has run out. Book the visit if the time is still wanted."))


def _let_go(appointment: Appointment, *, reason: str, by: Any, at: datetime) -> None:
    was_offered = appointment.status == Status.OFFERED
    appointment.cancel_reason = reason
    settle_session(appointment, status=Status.LAPSED, by=by, at=at)
    _step(appointment, Status.LAPSED, action="lapsed", by=by, at=at, reason=reason)
    if not was_offered:  # an offer is the waiting list's own affair
        publish(AppointmentLapsed(appointment_id=appointment.pk))


def _step(appointment: Appointment, status: Status, *, action: str, by: Any, at: datetime, reason: str = "") -> None:
    changes = {"status": (appointment.status, status)}
    appointment.status = status
    appointment.version += 1
    with time_still_free():
        appointment.save()
    note_change(appointment, by=by, at=at, reason=reason)
    audit.record(action=f"scheduling.appointment.{action}", of=appointment, by=by, changes=changes)
