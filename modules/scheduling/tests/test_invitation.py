"""Invitations in mails: what RFC 5546 asks of each method, read back as a calendar reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from icalendar import Calendar

from identity.models import User
from modules.crm.models import Patient
from modules.scheduling import messages, services
from modules.scheduling.domain.states import Status
from modules.scheduling.invitation import calendar_file
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import CallOff, Move, Wish
from modules.scheduling.tests.conftest import register

ROOM = "https://meet.example/bo?pwd=a,b;c"
ALWAYS = {"UID", "DTSTAMP", "DTSTART", "SEQUENCE", "ORGANIZER", "SUMMARY"}  # RFC 5546 §3.2.2 and §3.2.5


@pytest.fixture
def by_video(follow_up: Service, bos_calendar: Practitioner) -> None:
    bos_calendar.video_room = ROOM
    bos_calendar.save()
    follow_up.by_video = True
    follow_up.save()


def booked(patient: Patient, starts_at: datetime, *, by: User) -> Appointment:
    service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")
    wish = Wish(service_id=service.pk, patient_id=patient.pk, practitioner_id=bo.pk, starts_at=starts_at)
    return services.book_appointment(wish=wish, by=by, at=timezone.now())


def read(appointment: Appointment) -> tuple[str, Any]:
    """Return the method and the event, as the client's mail brings them."""
    visit = Appointment.objects.for_display().get(pk=appointment.pk)
    content = calendar_file(visit, at=timezone.now())
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert calendar.errors == event.errors == []
    return str(calendar["METHOD"]), event


def test_a_visit_is_requested_moved_by_a_higher_sequence_and_cancelled_by_a_higher_one_still(
    in_clinic: Any, rita: User, soon: datetime
) -> None:
    zoe = register("Zoë “Zo”; Ünal, ", by=rita, at=timezone.now(), email="zoe@mail.example")
    visit = booked(zoe, soon, by=rita)
    method, first = read(visit)
    attendee = first["ATTENDEE"]
    assert (method, first["STATUS"], first.start) == ("REQUEST", "CONFIRMED", soon)
    assert (str(attendee), attendee.params["PARTSTAT"], attendee.params["RSVP"]) == (
        "mailto:zoe@mail.example",
        "ACCEPTED",
        "FALSE",
    )
    assert first["ORGANIZER"].params["CN"] == "Northside Physio"

    services.move_appointment(
        appointment=visit, to=Move(starts_at=soon + timedelta(days=1)), by=rita, at=timezone.now()
    )
    method, moved = read(visit)
    assert (method, moved.start) == ("REQUEST", soon + timedelta(days=1))

    services.cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=timezone.now())
    method, gone = read(visit)
    assert (method, gone["STATUS"]) == ("CANCEL", "CANCELLED")

    assert first["UID"] == moved["UID"] == gone["UID"]
    assert first["SEQUENCE"] < moved["SEQUENCE"] < gone["SEQUENCE"]
    for event in (first, moved, gone):
        assert {"ATTENDEE"} | ALWAYS <= set(event)


def test_without_an_address_to_invite_a_visit_is_published(in_clinic: Any, rita: User, soon: datetime) -> None:
    method, event = read(booked(register("Paul", by=rita, at=timezone.now()), soon, by=rita))

    assert (method, "ATTENDEE" in event, set(event) >= ALWAYS) == ("PUBLISH", False, True)


def test_the_video_room_is_told_while_the_visit_is_agreed_and_to_nobody_else(
    by_video: None, patient: Patient, rita: User, soon: datetime, bos_calendar: Practitioner
) -> None:
    visit = booked(patient, soon, by=rita)
    _, event = read(visit)
    mail = messages.compose_booked(appointment_id=str(visit.pk), version=visit.invitation)
    assert event["CONFERENCE"] == event["URL"] == ROOM
    assert mail is not None
    assert mail.context["video_url"] == ROOM

    for status in (Status.REQUESTED, Status.OFFERED, Status.CANCELLED):
        visit.status = status
        assert "CONFERENCE" not in Calendar.from_ical(calendar_file(visit, at=timezone.now())).walk("VEVENT")[0]
