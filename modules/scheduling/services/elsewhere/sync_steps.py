"""One worker at a time keeps a calendar in step: whoever has the lease, until it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Q
from django.db.models.functions import Now

from modules.scheduling.gateways.sync import CalendarServer
from modules.scheduling.models import CalendarSync

LASTS = timedelta(minutes=2)  # longer than any single request may take


class LeaseLost(Exception):
    """Somebody else is at it now: nothing more is to be done or written down."""


@dataclass(frozen=True, slots=True)
class Step:
    """What each step needs to know, and whether it may still be done."""

    sync: CalendarSync
    server: CalendarServer
    lease: UUID
    at: datetime

    @property
    def url(self) -> str:
        return self.sync.calendar.url

    def prolong(self) -> None:
        """Begin the lease's time anew, before something is asked for or written down. Raises `LeaseLost`."""
        if not CalendarSync.objects.filter(lease=self.lease).update(leased_until=Now() + LASTS):
            raise LeaseLost


def take_lease(*, calendar_id: UUID) -> UUID | None:
    """Return the lease of a calendar. None if somebody has it; they then know that they are to look once more."""
    syncs = CalendarSync.objects.filter(calendar_id=calendar_id)
    lease = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    if syncs.filter(free).update(lease=lease, leased_until=Now() + LASTS, is_asked_again=False):
        return lease
    syncs.update(is_asked_again=True)
    return None


def give_back(lease: UUID) -> bool:
    """Let others have it, and return whether somebody came meanwhile."""
    mine = CalendarSync.objects.filter(lease=lease)
    is_asked_again = mine.filter(is_asked_again=True).exists()
    mine.update(lease=None, leased_until=None)
    return is_asked_again
