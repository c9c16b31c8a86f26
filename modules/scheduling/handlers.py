"""Reactions to what others tell."""

from __future__ import annotations

from django.utils import timezone

from access.events import MemberJoined, MemberLeft
from jobs.outbox import later
from modules.scheduling import tasks
from modules.scheduling.events import CalendarReadingAsked
from modules.scheduling.services import feeds, staffing


def make_practitioner(event: MemberJoined) -> None:
    staffing.make_practitioner_of_member(member_id=event.member_id, user_id=event.user_id, role=event.role)


def close_feeds(event: MemberLeft) -> None:
    feeds.close_feeds_of(user_id=event.user_id, at=timezone.now())


def read_calendar(event: CalendarReadingAsked) -> None:
    """Put it off once more: a handler runs in one transaction, and this waits for somebody else."""
    later(tasks.read_calendar, calendar_id=str(event.calendar_id))
