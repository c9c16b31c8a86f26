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
    appointment_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCancelled(Event):
    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReadingAsked(Event):
    """A calendar elsewhere is to be read now."""

    calendar_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCompleted(Event):
    """The visit is over: what it used leaves the stock, and it can be billed."""

    appointment_id: UUID
    service_id: UUID
    completed_by_id: UUID | None
    completed_at: datetime
