"""Calendars elsewhere: addresses for apps, and calendars that are read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.models import CalendarFeed, ExternalCalendar

ShowsName = Literal["visit", "initials", "everything"]


class FeedIn(Schema):
    """Without a practitioner, it is of one's own visits. Only patients' feeds cannot show initials."""

    label: str = Field(min_length=1, max_length=60)
    shows: ShowsName
    practitioner_id: UUID | None = None


class FeedChangeIn(Schema):
    label: str = Field(min_length=1, max_length=60)
    shows: ShowsName


class FeedOut(Schema):
    """`practitioner_id` is empty for a patient's feed of their own visits."""

    id: UUID
    label: str
    shows: ShowsName
    practitioner_id: UUID | None
    created_at: Moment
    last_fetched_at: Moment | None

    @staticmethod
    def of(feed: CalendarFeed) -> FeedOut:
        return FeedOut(
            id=feed.pk,
            label=feed.label,
            shows=cast("ShowsName", feed.shows),
            practitioner_id=feed.practitioner_id,
            created_at=feed.created_at,
            last_fetched_at=feed.last_fetched_at,
        )


class MadeFeedOut(Schema):
    """`url` is told this once: whoever has it sees the visits, and it cannot be asked for again."""

    feed: FeedOut
    url: str


class CalendarIn(Schema):
    """`url` begins with https:// or webcal://; of what is there, only busy times are kept."""

    label: str = Field(min_length=1, max_length=60)
    url: str = Field(min_length=1, max_length=2000)
    practitioner_id: UUID | None = None


class CalendarOut(Schema):
    """`problem` is a code for what stood in the way the last time, `problem_text` a sentence."""

    id: UUID
    label: str
    practitioner_id: UUID
    problem: str
    problem_text: str
    is_stale: bool
    last_tried_at: Moment | None
    last_ok_at: Moment | None
    created_at: Moment

    @staticmethod
    def of(calendar: ExternalCalendar, *, at: datetime) -> CalendarOut:
        return CalendarOut(
            id=calendar.pk,
            label=calendar.label,
            practitioner_id=calendar.practitioner_id,
            problem=calendar.problem,
            problem_text=sentence_of(calendar.problem),
            is_stale=calendar.is_stale(at),
            last_tried_at=calendar.last_tried_at,
            last_ok_at=calendar.last_ok_at,
            created_at=calendar.created_at,
        )
