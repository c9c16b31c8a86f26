"""What the calendar does by the clock, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from jobs.outbox import later
from modules.scheduling.domain.states import Status
from modules.scheduling.services import external_calendars, provisional


@actor()
def read_calendars(**_: Any) -> None:
    """Have each calendar elsewhere read whose turn it is: each by itself, so that none waits for another."""
    for calendar_id in external_calendars.calendars_to_read(at=timezone.now()):
        later(read_calendar, calendar_id=str(calendar_id))


@actor(own_transactions=True, max_attempts=3)
def read_calendar(*, calendar_id: str, **_: Any) -> None:
    external_calendars.read_calendar(calendar_id=UUID(calendar_id), at=timezone.now())


@actor()
def lapse_requests(**_: Any) -> None:
    """Have each request that ran out looked at by itself, so that one that cannot be let go holds up no other."""
    for appointment_id in provisional.expired(at=timezone.now(), statuses=[Status.REQUESTED]):
        later(lapse_request, appointment_id=str(appointment_id))


@actor()
def lapse_request(*, appointment_id: str, **_: Any) -> None:
    provisional.lapse_expired_request(appointment_id=UUID(appointment_id), at=timezone.now())
