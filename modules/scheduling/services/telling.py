"""Which messages a change in the calendar causes. What they say is in messages.py, at the time they are sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from modules.scheduling.models import Appointment, ExternalCalendar
from notify.sending import send

REMIND_BEFORE = timedelta(hours=24)
COMPOSERS = "modules.scheduling.messages"


def about_booking(appointment: Appointment, *, at: datetime) -> None:
    _tell("booked", appointment, at=at)
    _remind(appointment, at=at)


def about_move(appointment: Appointment, *, at: datetime) -> None:
    _tell("moved", appointment, at=at)
    _remind(appointment, at=at)


def about_cancellation(appointment: Appointment, *, at: datetime) -> None:
    _tell("cancelled", appointment, at=at)


def about_stale_calendar(calendar: ExternalCalendar, *, at: datetime) -> None:
    """Tell a practitioner, once for each outage, that their calendar elsewhere cannot be read."""
    since = calendar.last_ok_at or calendar.created_at
    send(
        cause=f"scheduling.calendar-stale:{calendar.pk}:{since:%Y%m%d%H%M%S}",
        composer=f"{COMPOSERS}.compose_stale_calendar",
        about={"calendar_id": str(calendar.pk)},
        at=at,
    )


def _tell(what: str, appointment: Appointment, *, at: datetime) -> None:
    send(
        cause=f"scheduling.{what}:{appointment.pk}:{appointment.version}",
        composer=f"{COMPOSERS}.compose_{what}",
        about={"appointment_id": str(appointment.pk), "version": appointment.version},
        at=at,
    )


def _remind(appointment: Appointment, *, at: datetime) -> None:
    """Have a reminder sent the day before; a visit that is sooner than that was confirmed only just now."""
    due = appointment.starts_at - REMIND_BEFORE
    if due > at:
        send(
            cause=f"scheduling.reminder:{appointment.pk}:{appointment.version}",
            composer=f"{COMPOSERS}.compose_reminder",
            about={"appointment_id": str(appointment.pk), "version": appointment.version},
            at=due,
        )
