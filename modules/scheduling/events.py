"""What the calendar tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBooked(Event):
    appointment_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentMoved(Event):
    """`left_…` says where it was before, for whoever uses the time that came free; None from an earlier release."""

    appointment_id: UUID
    starts_at: datetime
    left_starts_at: datetime | None = None
    left_ends_at: datetime | None = None
    left_practitioner_id: UUID | None = None
    left_location_id: UUID | None = None
    left_session_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCancelled(Event):
    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentLapsed(Event):
    """What was only kept for somebody is free again: a request that was declined, a deposit that was not paid."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOpened(Event):
    """Somebody can be booked who could not: by longer hours, less leave, a room that is back, a group called off."""

    opening_id: UUID
    practitioner_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCalledOff(Event):
    """A group will not be: nobody waits for a place in it any more."""

    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade(Event):
    """A time is kept for somebody on the waiting list, until a moment."""

    offer_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSettled(Event):
    """An offer was answered, taken back, or ran out; `freed_id` is the time that can be offered to the next."""

    offer_id: UUID
    freed_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReadingAsked(Event):
    """A calendar elsewhere is to be read now."""

    calendar_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSyncAsked(Event):
    """A calendar elsewhere is to be brought into step now."""

    calendar_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCheckedIn(Event):
    """Somebody has come: an episode of care may begin or go on."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    checked_in_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCompleted(Event):
    """The visit is over: what it used leaves the stock, and it can be billed."""

    appointment_id: UUID
    service_id: UUID
    further_service_ids: tuple[UUID, ...] = ()
    completed_by_id: UUID | None
    completed_at: datetime
