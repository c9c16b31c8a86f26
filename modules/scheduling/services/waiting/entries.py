"""Put people on the waiting list, say how urgent it is, and take them off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.scheduling.domain.states import NOT_BEGUN
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import (
    Appointment,
    EntryState,
    GroupSession,
    Location,
    Practitioner,
    WaitingEntry,
    WaitingService,
    WaitingWindow,
)
from modules.scheduling.models.waiting import LONGEST_NOTICE
from modules.scheduling.services.placing.clashes import RecordClosed, is_closed_meanwhile
from modules.scheduling.services.visits.wishes import Services, is_patient, read_patient, services_called

MOST_WINDOWS = 10
MOST_OF_ONE_PATIENT = 5
ADDED = ("patient_id", "service_id", "first_day", "last_day", "priority", "appointment_id", "session_id", "source")


class CannotWait(Invalid):
    """The wish makes no sense as it stands; `fields` says where."""

    code = "waiting-invalid"


class AlreadyWaiting(Conflict):
    """They are on the list for this already."""

    code = "already-waiting"


class EntryIsOver(Conflict):
    """It was booked, taken off the list, or its days have passed."""

    code = "waiting-entry-over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When somebody can come: days of the week (none: each; 0 is Monday), from and until."""

    weekdays: frozenset[int] = frozenset()
    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What somebody waits for. With `appointment_id`, that visit is to be earlier, and says what is wanted."""

    patient_id: UUID | None = None
    service_id: UUID | None = None
    further_service_ids: tuple[UUID, ...] = ()
    practitioner_ids: frozenset[UUID] = frozenset()
    location_id: UUID | None = None
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    first_day: date
    last_day: date | None = None
    hours: tuple[Hours, ...] = ()
    notice_minutes: int = 0
    priority: Priority = Priority.ROUTINE
    priority_reason: str = ""
    remark: str = ""
    source: str = "desk"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """For whom and what, once read."""

    patient_id: UUID
    services: Services
    appointment: Appointment | None
    session: GroupSession | None
    location_id: UUID | None


@transaction.atomic
def add_entry(*, wait: Wait, by: Any, at: datetime) -> WaitingEntry:
    """Put somebody on the list. Raises `CannotWait`, `CannotBook`, `NotAllowed` or `AlreadyWaiting`."""
    check_hurry(priority=wait.priority, reason=wait.priority_reason, by=by)
    wanted, practitioners = _read(wait, by=by), read_practitioners(wait, by=by)
    check_days_and_hours(wait, at=at)
    _check_not_too_many(wanted, by=by)
    entry = _write(wait, wanted, by=by, at=at)
    entry.practitioners.set(practitioners)
    put_down_further(entry=entry, services=wanted.services)
    put_down_windows(entry=entry, hours=wait.hours)
    audit.record(action="scheduling.waitingentry.added", of=entry, by=by, changes=audit.created(entry, list(ADDED)))
    return entry


@transaction.atomic
def prioritise_entry(*, entry: WaitingEntry, priority: Priority, reason: str, by: Any, at: datetime) -> WaitingEntry:
    """Say how urgent it is, and why. Raises `NotAllowed`, `CannotWait` or `EntryIsOver`."""
    check_hurry(priority=priority, reason=reason, by=by)
    locked = lock_live(entry)
    before = audit.snapshot(locked, ["priority", "priority_reason"])
    locked.priority = priority
    locked.priority_reason = reason.strip() if priority != Priority.ROUTINE else ""
    if changes := audit.difference(before, locked):
        locked.version += 1
        locked.save(update_fields=["priority", "priority_reason", "version"])
        audit.record(action="scheduling.waitingentry.prioritised", of=locked, by=by, changes=changes)
    return locked


def put_down_further(*, entry: WaitingEntry, services: Services) -> None:
    WaitingService.objects.bulk_create(
        WaitingService(entry=entry, service=service, position=position)
        for position, service in enumerate(services.further, start=1)
    )


def put_down_windows(*, entry: WaitingEntry, hours: Iterable[Hours]) -> None:
    WaitingWindow.objects.bulk_create(
        WaitingWindow(entry=entry, weekdays=sorted(each.weekdays), starts=each.starts, ends=each.ends)
        for each in hours
        if each.weekdays or each.starts or each.ends
    )


def lock_live(entry: WaitingEntry) -> WaitingEntry:
    """Return the entry, locked. Raises `EntryIsOver`."""
    locked = lock_entry(entry.pk)
    if not locked.is_live:
        raise EntryIsOver(_("This is no longer on the waiting list."))
    return locked


def lock_entry(entry_id: UUID) -> WaitingEntry:
    return lock_row(WaitingEntry.objects.for_display(), entry_id)


def set_state(entry: WaitingEntry, *, to: EntryState, at: datetime) -> None:
    """Take an entry on. Whoever calls this writes into the log why."""
    entry.state, entry.version = to, entry.version + 1
    entry.ended_at = None if entry.is_live else at
    entry.save(update_fields=["state", "version", "ended_at"])


def _write(wait: Wait, wanted: _Wanted, *, by: Any, at: datetime) -> WaitingEntry:
    try:
        with transaction.atomic():
            return WaitingEntry.objects.create(
                patient_id=wanted.patient_id,
                service=wanted.services.first,
                location_id=wanted.location_id,
                appointment=wanted.appointment,
                session=wanted.session,
                first_day=wait.first_day,
                last_day=wait.last_day,
                notice_minutes=wait.notice_minutes,
                priority=wait.priority,
                priority_reason=wait.priority_reason.strip() if wait.priority != Priority.ROUTINE else "",
                remark=wait.remark,
                source=wait.source,
                created_at=at,
                created_by_id=getattr(by, "pk", None),
                created_by_name=str(by) if by is not None else "",
            )
    except IntegrityError as error:
        if "waiting_once_for_a_visit" in str(error):
            raise AlreadyWaiting(_("An earlier time is being looked for already.")) from None
        if is_closed_meanwhile(error):
            raise RecordClosed(_("This patient's record was closed in this moment.")) from None
        raise


def _read(wait: Wait, *, by: Any) -> _Wanted:
    """Read for whom and what: from the visit that is to be earlier, from the group, or as asked for."""
    if wait.appointment_id is not None:
        return _of_visit(wait.appointment_id, by=by)
    patient = read_patient(wait.patient_id, by=by)
    if wait.session_id is not None:
        session = GroupSession.objects.standing().for_display().filter(pk=wait.session_id).first()
        if session is None or (is_patient(by) and not session.service.bookable_online):
            raise _wrong(_("There is no such group."), at="session_id")
        return _Wanted(patient.id, Services(session.service), None, session, session.location_id)
    services = read_wanted_services(wait, by=by)
    check_location(wait)
    return _Wanted(patient.id, services, None, None, wait.location_id)


def check_location(wait: Wait) -> None:
    if wait.location_id is not None and not Location.objects.filter(pk=wait.location_id).exists():
        raise _wrong(_("There is no such location."), at="location_id")


def read_wanted_services(wait: Wait, *, by: Any) -> Services:
    if wait.service_id is None:
        raise _wrong(_("Choose a service."), at="service_id")
    services = services_called(service_id=wait.service_id, further_ids=wait.further_service_ids)
    if is_patient(by) and not all(service.bookable_online for service in services.all):
        raise _wrong(_("Please ring us to book this."), at="service_id")
    return services


def _of_visit(appointment_id: UUID, *, by: Any) -> _Wanted:
    visits = Appointment.objects.visible_to(by).for_display()
    visit = visits.filter(pk=appointment_id, status__in=NOT_BEGUN, session=None).first()
    if visit is None:
        raise _wrong(_("There is no such visit that could be earlier."), at="appointment_id")
    read_patient(visit.patient_id, by=by)
    further = visit.further_services.select_related("service").order_by("position")
    services = Services(visit.service, tuple(row.service for row in further))
    return _Wanted(visit.patient_id, services, visit, None, visit.location_id)


def read_practitioners(wait: Wait, *, by: Any) -> list[Practitioner]:
    wished = list(Practitioner.objects.current().filter(pk__in=wait.practitioner_ids))
    if len(wished) != len(wait.practitioner_ids):
        raise _wrong(_("Nobody of that name performs this service here."), at="practitioner_ids")
    if reach_of(by, "scheduling.join_waiting") is Reach.CARE and [each.user_id for each in wished] != [by.pk]:
        raise NotAllowed(_("You can let people wait for yourself only."))
    return wished


def check_hurry(*, priority: Priority, reason: str, by: Any) -> None:
    if priority == Priority.ROUTINE:
        return
    if not by.has_perm("scheduling.offer_time"):
        raise NotAllowed(_("How urgent it is, is for the practice to say."))
    if not reason.strip():
        raise _wrong(_("Say why it is urgent."), at="priority_reason")


def check_days_and_hours(wait: Wait, *, at: datetime) -> None:
    if wait.last_day is not None and wait.last_day < max(wait.first_day, at.date()):
        raise _wrong(_("The last day is before the first, or has passed."), at="last_day")
    if not 0 <= wait.notice_minutes <= LONGEST_NOTICE:
        raise _wrong(_("Two weeks of notice at most."), at="notice_minutes")
    if len(wait.hours) > MOST_WINDOWS:
        raise _wrong(_("That are too many times to choose from."), at="hours")
    for each in wait.hours:
        if each.weekdays - set(range(7)) or (each.starts and each.ends and each.ends <= each.starts):
            raise _wrong(_("Hours end after they begin."), at="hours")


def _check_not_too_many(wanted: _Wanted, *, by: Any) -> None:
    waiting = WaitingEntry.objects.live().filter(patient_id=wanted.patient_id)
    same = waiting.filter(service=wanted.services.first, appointment=wanted.appointment, session=wanted.session)
    if same.exists():
        raise AlreadyWaiting(_("They are on the waiting list for this already."))
    if is_patient(by) and waiting.count() >= MOST_OF_ONE_PATIENT:
        raise AlreadyWaiting(_("That is enough on the waiting list. Take something off it first."))


def _wrong(sentence: str, *, at: str) -> CannotWait:
    return CannotWait(sentence, fields={at: [sentence]})
