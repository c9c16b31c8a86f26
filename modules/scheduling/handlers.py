"""Reactions to what others tell."""

from __future__ import annotations

from django.utils import timezone

from access.events import MemberJoined, MemberLeft
from jobs.outbox import later
from kernel.periods import Period
from modules.crm import public as crm
from modules.crm.events import PatientDied
from modules.scheduling import tasks
from modules.scheduling.domain.states import Status
from modules.scheduling.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentLapsed,
    AppointmentMoved,
    CalendarReadingAsked,
    CalendarSyncAsked,
    GroupCalledOff,
    OfferMade,
    OfferSettled,
    TimeOpened,
)
from modules.scheduling.models import Appointment, FreedTime
from modules.scheduling.services.elsewhere import calendar_sync, connections, feeds
from modules.scheduling.services.practice import staffing
from modules.scheduling.services.visits import deaths
from modules.scheduling.services.waiting import filling, offering


def make_practitioner(event: MemberJoined) -> None:
    staffing.make_practitioner_of_member(member_id=event.member_id, user_id=event.user_id, role=event.role)


def close_feeds(event: MemberLeft) -> None:
    feeds.close_feeds_of(user_id=event.user_id, at=timezone.now())
    connections.disconnect_those_of(user_id=event.user_id, at=timezone.now())


def read_calendar(event: CalendarReadingAsked) -> None:
    """Put it off once more: a handler runs in one transaction, and this waits for somebody else."""
    later(tasks.read_calendar, calendar_id=str(event.calendar_id))


def sync_calendar(event: CalendarSyncAsked) -> None:
    later(tasks.sync_calendar, calendar_id=str(event.calendar_id), is_asked=True)


def show_elsewhere(event: AppointmentBooked | AppointmentMoved | AppointmentCancelled | AppointmentLapsed) -> None:
    """Bring the calendars into step that show it, and the one that it left. What this misses, the clock finds."""
    concerned = {Appointment.objects.values_list("practitioner_id", flat=True).get(pk=event.appointment_id)}
    if isinstance(event, AppointmentMoved) and event.left_practitioner_id:
        concerned.add(event.left_practitioner_id)
    for calendar_id in calendar_sync.calendars_that_show(practitioners=concerned):
        later(tasks.sync_calendar, calendar_id=str(calendar_id))


def tell_of_first_visit(event: AppointmentBooked) -> None:
    """Somebody who comes for the first time may be asked for forms before."""
    visit = Appointment.objects.get(pk=event.appointment_id)
    others = Appointment.objects.visits().filter(patient_id=visit.patient_id).exclude(pk=visit.pk)
    if not others.exclude(status=Status.CANCELLED).exists():
        crm.tell_of_first_visit(patient_id=visit.patient_id, appointment_id=visit.pk, starts_at=visit.starts_at)


def tell_of_move(event: AppointmentMoved) -> None:
    crm.tell_of_visit_moved(appointment_id=event.appointment_id, starts_at=event.starts_at, at=timezone.now())


def tell_of_cancellation(event: AppointmentCancelled) -> None:
    crm.tell_of_visit_called_off(appointment_id=event.appointment_id)


def tell_of_visit(event: AppointmentCompleted) -> None:
    visit = Appointment.objects.get(pk=event.appointment_id)
    crm.tell_of_visit(patient_id=visit.patient_id, appointment_id=visit.pk, at=event.completed_at)


def fill_cancelled(event: AppointmentCancelled) -> None:
    _fill(filling.note_time_of(event.appointment_id, cause="cancelled", at=timezone.now()))


def fill_lapsed(event: AppointmentLapsed) -> None:
    _fill(filling.note_time_of(event.appointment_id, cause="lapsed", at=timezone.now()))


def fill_left(event: AppointmentMoved) -> None:
    """An earlier release did not say where the visit was."""
    if event.left_starts_at and event.left_ends_at and event.left_practitioner_id and event.left_location_id:
        left = filling.Left(
            practitioner_id=event.left_practitioner_id,
            location_id=event.left_location_id,
            session_id=event.left_session_id,
            period=Period(event.left_starts_at, event.left_ends_at),
        )
        at = timezone.now()
        _fill(filling.note_time_left_by(event.appointment_id, left=left, moved_to=event.starts_at, at=at))


def fill_opened(event: TimeOpened) -> None:
    left = filling.Left(
        practitioner_id=event.practitioner_id,
        location_id=event.location_id,
        period=Period(event.starts_at, event.ends_at),
    )
    _fill(filling.note_freed(left=left, cause=f"opened:{event.opening_id}", at=timezone.now()))


def end_waiting_for_group(event: GroupCalledOff) -> None:
    offering.end_waiting_for(session_id=event.session_id, at=timezone.now())


def call_off_for_the_dead(event: PatientDied) -> None:
    deaths.call_off_for_the_dead(patient_id=event.patient_id, by=None, at=timezone.now())


def await_answer(event: OfferMade) -> None:
    later(tasks.expire_offer, at=event.expires_at, offer_id=str(event.offer_id))


def offer_to_next(event: OfferSettled) -> None:
    if event.freed_id is not None:
        later(tasks.fill_time, freed_id=str(event.freed_id))


def _fill(freed: FreedTime | None) -> None:
    if freed is not None:
        later(tasks.fill_time, at=freed.due_at, freed_id=str(freed.pk))
