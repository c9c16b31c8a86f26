"""A visit as an invitation (RFC 5545, RFC 5546): what a calendar needs to take it in, move it and remove it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from icalendar import Event, vCalAddress, vText

from modules.scheduling.domain.calendar_file import Entry, empty_calendar, event_of, standing_of
from modules.scheduling.gateways.video import video_url_of
from modules.scheduling.models import Appointment
from tenancy import current_tenant


def calendar_file(appointment: Appointment, *, at: datetime) -> bytes:
    """Return the visit as a request, or as a cancellation if it will not be.

    A later one takes the place of an earlier one: same UID, higher SEQUENCE. Where there is no address to invite, the
    visit is published instead.
    """
    calendar = empty_calendar(method_of(appointment))
    calendar.add_component(_event(appointment, at=at))
    return calendar.to_ical()


def method_of(appointment: Appointment) -> str:
    if standing_of(appointment.status) == "CANCELLED":
        return "CANCEL"
    return "REQUEST" if appointment.patient.client.email else "PUBLISH"


def calendar_of_visits(appointments: Iterable[Appointment], *, at: datetime) -> bytes:
    """Return several visits in one file, each with the UID and SEQUENCE that it has by itself.

    They are published, and ask for no answer: an invitation may have one UID only (RFC 5546, 3.2.2).
    """
    calendar = empty_calendar("PUBLISH")
    for appointment in appointments:
        event = _event(appointment, at=at)
        event.pop("attendee", None)
        calendar.add_component(event)
    return calendar.to_ical()


def _event(appointment: Appointment, *, at: datetime) -> Event:
    tenant, location = current_tenant(), appointment.location
    entry = Entry(
        uid=f"{appointment.pk}@{settings.PLATFORM_HOST}",
        sequence=appointment.sequence,
        status=appointment.status,
        changed_at=at,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        summary=f"{appointment.service.name}, {tenant.name}",
        location=", ".join(part for part in (location.name, location.address) if part),
        video_url=video_url_of(appointment),
    )
    event = event_of(entry)
    event.add("organizer", _organizer(tenant.name), encode=False)
    client = appointment.patient.client
    if client.email and method_of(appointment) != "PUBLISH":
        event.add("attendee", _attendee(client.name, client.email), encode=False)
    return event


def _organizer(name: str) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    organizer.params["CN"] = vText(name)
    return organizer


def _attendee(name: str, email: str) -> vCalAddress:
    """Who booked comes, and need not answer: moving and cancelling is done with us, not by mail."""
    attendee = vCalAddress(f"mailto:{email}")
    said = {"CN": vText(name), "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    attendee.params.update(said)
    return attendee
