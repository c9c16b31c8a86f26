"""Reactions to what others tell."""

from __future__ import annotations

from access.events import MemberJoined
from jobs.outbox import later
from modules.scheduling import tasks
from modules.scheduling.events import CalendarReadingAsked
from modules.scheduling.services import staffing


def make_practitioner(event: MemberJoined) -> None:
    staffing.make_practitioner_of_member(member_id=event.member_id, user_id=event.user_id, role=event.role)


def read_calendar(event: CalendarReadingAsked) -> None:
    """Put it off once more: a handler runs in one transaction, and this waits for somebody else."""
    later(tasks.read_calendar, calendar_id=str(event.calendar_id))
