"""Take a place in a group, change to another group, and leave: leaving is cancelling the visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from kernel.periods import as_utc
from modules.scheduling.domain.states import MAY_MOVE, Status
from modules.scheduling.events import AppointmentBooked, AppointmentMoved
from modules.scheduling.models import Appointment, GroupSession, Kind
from modules.scheduling.selectors.groups import is_offered_online
from modules.scheduling.services.groups.making import GroupChanged, coming_to, lock_group, seat, taken_places
from modules.scheduling.services.placing.clashes import clash_of
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.series.packages import check_last_day, draw_session
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import take_into_care
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.moving import NotMovable, left_by
from modules.scheduling.services.visits.notice import check_notice
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import asker_of, check_own_calendar, is_patient, read_patient, wrong


class GroupFull(Conflict):
    """There is no place left. One can wait for one."""

    code = "group-full"


class PatientBusy(Conflict):
    """The patient has another visit at that time, or is in the group already."""

    code = "patient-busy"


@transaction.atomic
def join_group(
    *,
    session: GroupSession,
    patient_id: UUID | None,
    by: Any,
    at: datetime,
    remark: str = "",
    source: str = "desk",
    package_id: UUID | None = None,
    tell: Tell = Tell.AT_ONCE,
) -> Appointment:
    """Take a place in a group for somebody. Raises `CannotBook`, `NotAllowed`, `GroupFull` or `PatientBusy`."""
    patient = read_patient(patient_id, by=by)
    session = lock_group(session)
    _check_open(session, patient_id=patient.id, by=by, at=at)
    visit = Appointment(
        patient_id=patient.id,
        status=Status.SCHEDULED,
        source=source,
        remark=remark,
        version=0,
        session_place=_free_place(session),
    )
    seat(visit, session=session)
    visit.sequence = 0
    lock_resources(practitioners=[], others=[session.pk, patient.id])
    _save(visit)
    draw_session(visit, package_id=package_id, by=by, at=at)
    take_into_care(visit, by=by, at=at)
    note_change(visit, by=by, at=at)
    names = ["patient_id", "service_id", "session_id", "starts_at", "ends_at", "status", "source"]
    audit.record(action="scheduling.appointment.booked", of=visit, by=by, changes=audit.created(visit, names))
    publish(AppointmentBooked(appointment_id=visit.pk, starts_at=visit.starts_at))
    telling.about_booking(visit, at=at, tell=tell)
    return visit


@transaction.atomic
def change_to_group(
    *, appointment: Appointment, session: GroupSession, by: Any, at: datetime, tell: Tell = Tell.AT_ONCE
) -> Appointment:
    """Have a visit in a group be in another group instead.

    Raises `NotMovable`, `NotAllowed`, `GroupFull` or `PatientBusy`.
    """
    both = GroupSession.objects.select_for_update().filter(pk__in=[appointment.session_id, session.pk])
    list(both.order_by("pk").values_list("pk"))  # groups first, then who comes: as whoever changes a group
    visit = lock_row(Appointment.objects.for_display(), appointment.pk)
    if visit.status not in MAY_MOVE or visit.session_id is None:
        raise NotMovable(_("Only a visit in a group that has not begun goes to another group."))
    check_notice(visit, by=by, at=at)
    if visit.session_id == session.pk:
        return visit
    check_last_day(visit, starts_at=session.starts_at)
    session = lock_group(session)
    _check_open(session, patient_id=visit.patient_id, by=by, at=at)
    before = audit.snapshot(visit, ["session_id", "starts_at", "ends_at", "practitioner_id", "room_id"])
    left = left_by(visit)
    visit.session_place = _free_place(session)
    seat(visit, session=session)
    lock_resources(practitioners=[], others=[session.pk, visit.patient_id])
    _save(visit)
    take_into_care(visit, by=by, at=at)
    note_change(visit, by=by, at=at)
    audit.record(action="scheduling.appointment.moved", of=visit, by=by, changes=audit.difference(before, visit))
    publish(AppointmentMoved(appointment_id=visit.pk, starts_at=visit.starts_at, **left))
    telling.about_move(visit, at=at, tell=tell)
    return visit


def _check_open(session: GroupSession, *, patient_id: UUID, by: Any, at: datetime) -> None:
    """Check that this person may book somebody into this group now."""
    if not is_patient(by):
        check_own_calendar(session.practitioner, by=by)
        if session.ends_at <= at:
            raise GroupChanged(_("This group has been."))
        return
    if session.starts_at <= as_utc(at):
        raise wrong(_("That time has passed."), at="session_id")
    if not is_offered_online(session, asker=asker_of(by, patient_id=patient_id), at=at):
        raise wrong(_("Please ring us to book this."), at="session_id")


def _free_place(session: GroupSession) -> int:
    """Return the lowest place that nobody has. Raises `GroupFull`."""
    taken = taken_places(coming_to(session))
    free = next((number for number in range(1, session.places + 1) if number not in taken), None)
    if free is None:
        raise GroupFull(_("The group is full. The waiting list tells when a place comes free."))
    return free


def _save(visit: Appointment) -> None:
    with clash_of() as clash:
        visit.save()
    if clash.kind is Kind.SESSION:
        raise GroupFull(_("The group is full. The waiting list tells when a place comes free."))
    if clash.kind is not None:
        raise PatientBusy(_("The patient has another visit at that time. Nothing has been booked."))
