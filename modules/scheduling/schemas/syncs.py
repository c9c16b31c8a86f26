"""Calendars elsewhere that are kept in step."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.models import CalendarSync
from modules.scheduling.schemas.feeds import ShowsName
from modules.scheduling.services.elsewhere.connections import SyncSettings

StateName = Literal["choose", "in-step", "ending", "left-behind"]


class SyncIn(Schema):
    """`address` is the calendar server's, `password` an app password made there; both are kept sealed."""

    label: str = Field(min_length=1, max_length=60)
    address: str = Field(min_length=1, max_length=2000)
    user_name: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=500)
    practitioner_id: UUID | None = None


class SyncChangeIn(Schema):
    """`key` is of one of the `choices`; once chosen, it stays. `pushes` puts visits there, `pulls` reads busy times."""

    key: str = ""
    pushes: bool
    pulls: bool
    shows: ShowsName

    def settings(self) -> SyncSettings:
        return SyncSettings(key=self.key, pushes=self.pushes, pulls=self.pulls, shows=self.shows)


class SyncPasswordIn(Schema):
    password: str = Field(min_length=1, max_length=500)


class ChoiceOut(Schema):
    key: str
    name: str
    is_writable: bool


class SyncOut(Schema):
    """`choices` is empty once one was chosen. `left_behind` counts what could not be taken out at the end."""

    id: UUID
    label: str
    practitioner_id: UUID
    state: StateName
    choices: list[ChoiceOut]
    pushes: bool
    pulls: bool
    shows: ShowsName
    visits_there: int
    left_behind: int
    problem: str
    problem_text: str
    is_stale: bool
    last_tried_at: Moment | None
    last_ok_at: Moment | None
    created_at: Moment

    @staticmethod
    def of(sync: CalendarSync, *, at: datetime) -> SyncOut:
        """Return one that was read `for_display()`."""
        calendar = sync.calendar
        return SyncOut(
            id=calendar.pk,
            label=calendar.label,
            practitioner_id=calendar.practitioner_id,
            state=state_of(sync),
            choices=[] if sync.is_chosen else [ChoiceOut(**each) for each in sync.found],
            pushes=sync.pushes,
            pulls=sync.pulls,
            shows=cast("ShowsName", sync.shows),
            visits_there=sync.visits_there,
            left_behind=sync.left_behind,
            problem=calendar.problem,
            problem_text=sentence_of(calendar.problem),
            is_stale=calendar.ended_at is None and sync.is_chosen and calendar.is_stale(at),
            last_tried_at=calendar.last_tried_at,
            last_ok_at=calendar.last_ok_at,
            created_at=calendar.created_at,
        )


def state_of(sync: CalendarSync) -> StateName:
    if sync.calendar.ended_at is not None:
        return "ending" if sync.has_account else "left-behind"
    return "in-step" if sync.is_chosen else "choose"
