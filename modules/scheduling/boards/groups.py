"""Classes and groups as a calendar shows them: one card each, whoever takes part."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from kernel.periods import Period
from kernel.ranges import as_period
from modules.scheduling.boards.visits import By, Known, Resource, places_besides
from modules.scheduling.domain.states import HOLDS_ITS_TIME, Status
from modules.scheduling.models import GroupSession

COLUMNS = ("pk", "period", "version", "title", "places", "taken", "service_id", "practitioner_id", "room_id")


@dataclass(frozen=True, slots=True)
class Group:
    """A class or group, as far as a calendar shows it. In a column it stands like a visit."""

    id: UUID
    period: Period
    version: int
    title: str
    places: int
    taken: int
    service: Resource
    practitioner: Resource
    room: Resource | None
    zone: ZoneInfo

    status: ClassVar[str] = Status.SCHEDULED
    may_move: ClassVar[bool] = False
    flags: ClassVar[tuple[()]] = ()
    unseen_name: ClassVar[str] = ""

    @property
    def name(self) -> str:
        return self.title or self.service.name

    @property
    def short_name(self) -> str:
        return self.name

    @property
    def what(self) -> str:
        return self.service.name

    @property
    def starts_at(self) -> datetime:
        return self.period.start.astimezone(self.zone)

    @property
    def ends_at(self) -> datetime:
        return self.period.end.astimezone(self.zone)

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"

    @property
    def is_full(self) -> bool:
        return self.taken >= self.places

    @property
    def state(self) -> str:
        numbers = {"taken": self.taken, "places": self.places}
        return _("Full, %(taken)s of %(places)s") % numbers if self.is_full else _("%(taken)s of %(places)s") % numbers

    def described(self, by: By) -> str:
        until = _("group, until %(time)s") % {"time": f"{self.ends_at:%H:%M}"}
        return ", ".join([*places_besides(by, self), until])


def shown_groups(user: Any, search: Period, *, practitioners: Collection[UUID] = ()) -> QuerySet[GroupSession]:
    """Return what a calendar shows of a stretch of time to somebody, in order, with how many places are `taken`."""
    rows = GroupSession.objects.visible_to(user).standing().within(search.start, search.end)
    if practitioners:
        rows = rows.filter(practitioner__in=practitioners)
    taken = Count("appointments", filter=Q(appointments__status__in=HOLDS_ITS_TIME))
    return rows.annotate(taken=taken).order_by(Lower("period"), "pk")


def as_groups(rows: QuerySet[GroupSession], *, known: Known, zone: ZoneInfo) -> list[Group]:
    found = rows.values_list(*COLUMNS)
    return [
        Group(
            *(pk, as_period(period), version, title, places, taken),
            service=known.services[service_id],
            practitioner=known.practitioners[practitioner_id],
            room=known.rooms[room_id] if room_id else None,
            zone=zone,
        )
        for pk, period, version, title, places, taken, service_id, practitioner_id, room_id in found
    ]
