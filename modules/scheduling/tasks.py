"""What the calendar does by the clock, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from jobs.outbox import later
from modules.scheduling.services.elsewhere import calendar_sync, external_calendars
from modules.scheduling.services.online import holds, links
from modules.scheduling.services.visits import provisional
from modules.scheduling.services.waiting import filling, offering


@actor()
def read_calendars(**_: Any) -> None:
    """Have each calendar elsewhere read whose turn it is: each by itself, so that none waits for another."""
    for calendar_id in external_calendars.calendars_to_read(at=timezone.now()):
        later(read_calendar, calendar_id=str(calendar_id))


@actor(own_transactions=True, max_attempts=3)
def read_calendar(*, calendar_id: str, **_: Any) -> None:
    external_calendars.read_calendar(calendar_id=UUID(calendar_id), at=timezone.now())


@actor()
def sync_calendars(**_: Any) -> None:
    """Have each calendar that is kept in step brought there, each by itself, so that none waits for another."""
    for calendar_id in calendar_sync.calendars_to_sync(at=timezone.now()):
        later(sync_calendar, calendar_id=str(calendar_id))


@actor(own_transactions=True, max_attempts=3)
def sync_calendar(*, calendar_id: str, is_asked: bool = False, **_: Any) -> None:
    if calendar_sync.sync_calendar(calendar_id=UUID(calendar_id), at=timezone.now(), is_asked=is_asked):
        later(sync_calendar, calendar_id=calendar_id)


@actor()
def lapse_requests(**_: Any) -> None:
    """Have each request and reservation that ran out looked at by itself: one that stays holds up no other."""
    for appointment_id in provisional.expired(at=timezone.now(), statuses=provisional.RAN_OUT):
        later(lapse_request, appointment_id=str(appointment_id))


@actor()
def lapse_request(*, appointment_id: str, **_: Any) -> None:
    provisional.lapse_expired(appointment_id=UUID(appointment_id), at=timezone.now())


@actor()
def tend_waiting_list(**_: Any) -> None:
    """Look after what a job of its own should have done: nothing stays kept or free because one was lost."""
    at = timezone.now()
    for offer_id in filling.due_offers(at=at):
        later(expire_offer, offer_id=str(offer_id))
    for freed_id in filling.due_times(at=at):
        later(fill_time, freed_id=str(freed_id))
    filling.end_entries(at=at)


@actor()
def fill_time(*, freed_id: str, **_: Any) -> None:
    filling.fill(freed_id=UUID(freed_id), at=timezone.now())


@actor()
def expire_offer(*, offer_id: str, **_: Any) -> None:
    offering.expire_offer(offer_id=UUID(offer_id), at=timezone.now())


@actor()
def lapse_holds(**_: Any) -> None:
    holds.lapse_holds(at=timezone.now())


@actor()
def forget_links(**_: Any) -> None:
    links.forget_links(at=timezone.now())
