"""A form that is asked for before somebody's first visit goes with that visit: moved, called off, booked anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import AskedForm, Patient
from modules.crm.services.questionnaires import asking
from modules.crm.tests.test_questionnaires import published
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.services import CallOff, Move, cancel_appointment, move_appointment, set_status

WEEK = timedelta(days=7)


@pytest.fixture
def until_all_is_heard(run_jobs: Any) -> Any:
    """Do what a visit causes, and what that causes."""
    return lambda: [run_jobs() for _ in range(3)]


@pytest.fixture
def visit(book: Any, ana: User, now: datetime, until_all_is_heard: Any) -> Appointment:
    """Paul's first visit, in a week, before which he is asked for a form."""
    published("Before you come", by=ana, at=now, occasion="FIRST_VISIT")
    made: Appointment = book(now + WEEK)
    until_all_is_heard()
    return made


def asked() -> AskedForm:
    return AskedForm.objects.for_display().get()


def to(visit: Appointment, starts_at: datetime, practitioner: Practitioner) -> Move:
    return Move(starts_at=starts_at, practitioner_id=practitioner.pk)


def test_it_is_wanted_by_the_day_that_the_visit_is_moved_to(
    visit: Appointment, bos_calendar: Practitioner, rita: User, now: datetime, until_all_is_heard: Any
) -> None:
    assert asked().due_on == (now + WEEK).date()

    move_appointment(appointment=visit, to=to(visit, now + 2 * WEEK, bos_calendar), by=rita, at=now)
    until_all_is_heard()

    assert asked().due_on == (now + 2 * WEEK).date()
    assert asked().until > now + 2 * WEEK + timedelta(days=25)
    assert AuditEntry.objects.filter(action="crm.askedform.moved").count() == 1


def test_nobody_is_reminded_of_it_once_the_visit_is_called_off_but_again_if_it_takes_place_after_all(
    visit: Appointment, rita: User, now: datetime, until_all_is_heard: Any
) -> None:
    later = now + timedelta(days=5)
    assert asking.forms_to_remind_of(at=later) == [asked().pk]

    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)
    until_all_is_heard()
    assert (asking.forms_to_remind_of(at=later), asked().is_waiting) == ([], True)

    set_status(appointment=visit, status=Status.SCHEDULED, by=rita, at=now)
    assert asking.forms_to_remind_of(at=later) == [asked().pk]


def test_a_first_visit_that_is_booked_anew_takes_the_form_along_and_asks_for_none_twice(
    visit: Appointment, book: Any, rita: User, now: datetime, until_all_is_heard: Any
) -> None:
    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)
    again = book(now + 2 * WEEK)
    until_all_is_heard()

    assert (asked().appointment_id, asked().due_on) == (again.pk, (now + 2 * WEEK).date())
    assert asking.forms_to_remind_of(at=now + timedelta(days=5)) == [asked().pk]


def test_whoever_died_or_whose_visit_has_passed_is_reminded_no_more(
    visit: Appointment, patient: Patient, now: datetime
) -> None:
    Patient.objects.filter(pk=patient.pk).update(ended_at=now)
    asking.remind_of_form(asked_id=asked().pk, at=now + timedelta(days=4))
    assert (asked().reminders, asked().next_reminder_at) == (0, None)

    Patient.objects.filter(pk=patient.pk).update(ended_at=None)
    AskedForm.objects.update(next_reminder_at=now)
    asking.remind_of_form(asked_id=asked().pk, at=now + WEEK + timedelta(days=1))
    assert (asked().reminders, asked().next_reminder_at) == (0, None)
