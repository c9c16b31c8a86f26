"""What the calendar does by the clock, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from jobs.outbox import later
from modules.scheduling.services import external_calendars


@actor()
def read_calendars(**_: Any) -> None:
    """Have each calendar elsewhere read whose turn it is: each by itself, so that none waits for another."""
    for calendar_id in external_calendars.calendars_to_read(at=timezone.now()):
        later(read_calendar, calendar_id=str(calendar_id))


@actor(own_transactions=True, max_attempts=3)
def read_calendar(*, calendar_id: str, **_: Any) -> None:
    external_calendars.read_calendar(calendar_id=UUID(calendar_id), at=timezone.now())
