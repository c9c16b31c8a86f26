"""What holds its time for a while only: accepted, declined, or let go when nobody answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from modules.scheduling.domain.states import Status
from modules.scheduling.events import AppointmentBooked, AppointmentLapsed
from modules.scheduling.models import Appointment
from modules.scheduling.services import telling
from modules.scheduling.services.booking import take_into_care
from modules.scheduling.services.clashes import time_still_free
from modules.scheduling.services.history import note_change
from modules.scheduling.services.moving import Move, move_appointment
from modules.scheduling.services.telling import Tell
from modules.scheduling.services.versions import check_version

AT_A_TIME = 200


class NotWaiting(Conflict):
    """It was answered already, or its time ran out."""

    code = "request-not-waiting"


@transaction.atomic
def accept_request(
    *, appointment: Appointment, by: Any, at: datetime, to: Move | None = None, version: int | None = None
) -> Appointment:
    """Make a visit of what somebody asked for, at the time they asked for or at another.

    Raises `NotAllowed`, `NotWaiting`, `ChangedMeanwhile`, and what `move_appointment` does. Twice does nothing more.
    """
    _check_may_answer(appointment, by=by)
    locked = _locked(appointment.pk)
    if locked.status == Status.SCHEDULED:
        return locked
    _check_waits(locked, at=at)
    check_version(locked, seen=version)
    if to is not None:
        move_appointment(appointment=locked, to=replace(to, version=None, tell=Tell.NOT), by=by, at=at)
        locked = _locked(appointment.pk)
    locked.expires_at = None
    _step(locked, Status.SCHEDULED, action="accepted", by=by, at=at)
    take_into_care(locked, by=by, at=at)
    publish(AppointmentBooked(appointment_id=locked.pk, starts_at=locked.starts_at))
    telling.about_booking(locked, at=at)
    return locked


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
def lapse_expired_request(*, appointment_id: UUID, at: datetime) -> None:
    """Let a request go that nobody answered in time, and tell whoever asked. Nothing, if somebody did meanwhile."""
    locked = _locked(appointment_id)
    if locked.status == Status.REQUESTED and locked.expires_at is not None and locked.expires_at <= at:
        _let_go(locked, reason=_("not answered in time"), by=None, at=at)
        telling.about_refusal(locked, at=at)


def _locked(appointment_id: UUID) -> Appointment:
    return lock_row(Appointment.objects.for_display(), appointment_id)


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
