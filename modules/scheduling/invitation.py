"""A visit as an iCalendar file (RFC 5545, RFC 5546): what a phone needs to put it into its calendar."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from modules.scheduling.models import Appointment
from tenancy import current_tenant


def calendar_file(appointment: Appointment, *, at: datetime) -> bytes:
    """Return the visit as a request, or as a cancellation if it no longer holds its time.

    A later version replaces an earlier one: same UID, higher SEQUENCE.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Atrium//Atrium//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST" if appointment.holds_its_time else "CANCEL")
    calendar.add_component(_event(appointment, at=at))
    return calendar.to_ical()


def _event(appointment: Appointment, *, at: datetime) -> Event:
    tenant, location = current_tenant(), appointment.location
    event = Event()
    event.add("uid", f"{appointment.pk}@{settings.PLATFORM_HOST}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", f"{appointment.service.name}, {tenant.name}")
    event.add("location", ", ".join(part for part in (location.name, location.address) if part))
    event.add("status", "CONFIRMED" if appointment.holds_its_time else "CANCELLED")
    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    organizer.params["cn"] = vText(tenant.name)
    event["organizer"] = organizer
    if email := appointment.patient.client.email:
        event.add("attendee", vCalAddress(f"mailto:{email}"), encode=False)
    return event
