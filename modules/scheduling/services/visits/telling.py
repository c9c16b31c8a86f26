"""Which messages a change in the calendar causes. What they say is in messages.py, at the time they are sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.conf import settings

from modules.scheduling.models import Appointment, ExternalCalendar, Hold, Offer, Series
from notify.sending import has_left, send

REMIND_BEFORE = timedelta(hours=24)
UNDO = timedelta(seconds=settings.UNDO_SECONDS)
COMPOSERS = "modules.scheduling.messages"


class Tell(Enum):
    """Whether and when the client hears of a change."""

    AT_ONCE = "at once"
    SOON = "soon"  # once it can no longer be undone
    NOT = "not"


def about_booking(appointment: Appointment, *, at: datetime, tell: Tell = Tell.AT_ONCE) -> None:
    _tell("booked", appointment, at=at, tell=tell)
    _remind(appointment, at=at)


def about_request(appointment: Appointment, *, at: datetime) -> None:
    """Say that it was asked for, and until when an answer comes."""
    _tell("requested", appointment, at=at, tell=Tell.AT_ONCE)


def about_reservation(appointment: Appointment, *, at: datetime) -> None:
    """Say that it is kept until its deposit is paid, how much that is, and where."""
    _tell("reserved", appointment, at=at, tell=Tell.AT_ONCE)


def about_refusal(appointment: Appointment, *, at: datetime) -> None:
    """Say that it was declined, not answered or not paid in time, and when else it is free."""
    _tell("refused", appointment, at=at, tell=Tell.AT_ONCE)


def about_hold(hold: Hold, *, at: datetime) -> None:
    """Have a code mailed with which a time that is kept becomes a visit; each time another one."""
    send(
        cause=f"scheduling.hold:{hold.pk}:{at.isoformat()}",
        composer=f"{COMPOSERS}.compose_hold",
        about={"hold_id": str(hold.pk)},
        at=at,
    )


def about_move(appointment: Appointment, *, at: datetime, tell: Tell = Tell.AT_ONCE) -> None:
    _tell("moved", appointment, at=at, tell=tell)
    _remind(appointment, at=at)


def about_cancellation(appointment: Appointment, *, at: datetime, tell: Tell = Tell.AT_ONCE) -> None:
    _tell("cancelled", appointment, at=at, tell=tell)


def about_series(
    series: Series,
    *,
    at: datetime,
    tell: Tell,
    what: str = "booked",
    visits: Iterable[UUID] | None = None,
    patient_id: UUID | None = None,
) -> None:
    """Tell of a series in one message: of those visits, or of all to come. Of a series of groups, to one who comes."""
    if tell is Tell.NOT:
        return
    about: dict[str, Any] = {"series_id": str(series.pk), "version": series.version, "what": what}
    if visits is not None:
        about["visits"] = [str(each) for each in visits]
    if patient_id is not None:
        about["patient_id"] = str(patient_id)
    of_whom = f":{patient_id}" if patient_id else ""
    send(
        cause=f"scheduling.series_{what}:{series.pk}:{series.version}{of_whom}",
        composer=f"{COMPOSERS}.compose_series",
        about=about,
        at=at + UNDO if tell is Tell.SOON else at,
    )


def about_offer(offer: Offer, *, at: datetime) -> None:
    """Tell somebody on the waiting list that a time is kept for them."""
    _about_offer("offer", offer, at=at)


def about_offer_gone(offer: Offer, *, at: datetime) -> None:
    """Tell them that it is kept no longer, and that they wait on."""
    _about_offer("offer_gone", offer, at=at)


def _about_offer(what: str, offer: Offer, *, at: datetime) -> None:
    send(
        cause=f"scheduling.{what}:{offer.pk}",
        composer=f"{COMPOSERS}.compose_{what}",
        about={"offer_id": str(offer.pk)},
        at=at,
    )


def about_stale_calendar(calendar: ExternalCalendar, *, at: datetime) -> None:
    """Tell a practitioner, once for each outage, that their calendar elsewhere cannot be read."""
    since = calendar.last_ok_at or calendar.created_at
    send(
        cause=f"scheduling.calendar-stale:{calendar.pk}:{since:%Y%m%d%H%M%S}",
        composer=f"{COMPOSERS}.compose_stale_calendar",
        about={"calendar_id": str(calendar.pk)},
        at=at,
    )


def how_to_tell_of_undoing(what: str, *, appointment: Appointment) -> Tell:
    """Return how to tell that something was undone: not at all, while nobody was told that it was done."""
    is_out = has_left(f"scheduling.{what}:{appointment.pk}:{appointment.invitation}")
    return Tell.SOON if is_out else Tell.NOT


def _tell(what: str, appointment: Appointment, *, at: datetime, tell: Tell) -> None:
    if tell is Tell.NOT:
        return
    send(
        cause=f"scheduling.{what}:{appointment.pk}:{appointment.invitation}",
        composer=f"{COMPOSERS}.compose_{what}",
        about={"appointment_id": str(appointment.pk), "version": appointment.invitation},
        at=at + UNDO if tell is Tell.SOON else at,
    )


def _remind(appointment: Appointment, *, at: datetime) -> None:
    """Have a reminder sent the day before; a visit that is sooner than that was confirmed only just now."""
    due = appointment.starts_at - REMIND_BEFORE
    if due > at:
        send(
            cause=f"scheduling.reminder:{appointment.pk}:{appointment.invitation}",
            composer=f"{COMPOSERS}.compose_reminder",
            about={"appointment_id": str(appointment.pk), "version": appointment.invitation},
            at=due,
        )
