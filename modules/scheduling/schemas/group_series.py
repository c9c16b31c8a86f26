"""The groups of a series: changed and called off together."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.schemas.series import ScopeName
from modules.scheduling.services import CallOff, ChangedGroup, GroupsChange, GroupsPlan, Scope, Tell


class GroupsChangeIn(Schema):
    """What is to be another, from this group on; what is None stays.

    `day` is where this one goes, and the others go as many days with it; `starts` is the time of all of them on the
    wall clock. `skip` names groups that stay as they are; `seen` is the mark of the plan that was looked at.
    """

    scope: ScopeName = "following"
    day: date | None = None
    starts: time | None = None
    length: int | None = Field(None, ge=5, le=1440)
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    places: int | None = Field(None, ge=1, le=500)
    title: str | None = Field(None, max_length=100)
    skip: list[UUID] = Field(default_factory=list, max_length=110)
    seen: str = Field("", max_length=40)
    notify_clients: bool = True

    def change(self, group_id: UUID) -> GroupsChange:
        plain = self.dict(exclude={"scope", "skip", "notify_clients"})
        return GroupsChange(
            **plain,
            scope=Scope(self.scope),
            group_id=group_id,
            skip=frozenset(self.skip),
            tell=Tell.SOON if self.notify_clients else Tell.NOT,
        )


class GroupsCancelIn(Schema):
    scope: ScopeName = "following"
    reason: str = Field("", max_length=200)
    notify_clients: bool = True

    def call_off(self) -> CallOff:
        return CallOff(reason=self.reason, tell=Tell.SOON if self.notify_clients else Tell.NOT)


class ChangedGroupOut(Schema):
    """One group as it would be, how many come, and what is in its way."""

    group_id: UUID
    start_time: Moment
    end_time: Moment
    was: Moment
    coming: int
    free: bool
    reasons: list[str]

    @staticmethod
    def of(group: ChangedGroup) -> ChangedGroupOut:
        return ChangedGroupOut(
            group_id=group.session.pk,
            start_time=group.starts_at,
            end_time=group.ends_at,
            was=group.session.starts_at.astimezone(group.session.location.zone),
            coming=group.coming,
            free=group.is_free,
            reasons=list(group.in_the_way),
        )


class GroupsPlanOut(Schema):
    groups: list[ChangedGroupOut]
    seen: str

    @staticmethod
    def of(plan: GroupsPlan) -> GroupsPlanOut:
        return GroupsPlanOut(groups=[ChangedGroupOut.of(each) for each in plan.groups], seen=plan.seen)
