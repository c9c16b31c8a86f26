"""Times that people who are booking online keep just now, without a word about who they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from kernel.periods import Period
from kernel.ranges import as_period, as_range
from modules.scheduling.models import Hold, HoldState


class Held(NamedTuple):
    practitioner_id: UUID
    room_id: UUID | None
    period: Period
    until: datetime


def held_times(
    *, practitioners: Collection[UUID], rooms: Collection[UUID] = (), search: Period, at: datetime
) -> list[Held]:
    """Return what is kept of these people's and rooms' time."""
    rows = Hold.objects.filter(state=HoldState.OPEN, expires_at__gt=at, period__overlap=as_range(search))
    rows = rows.filter(Q(practitioner__in=practitioners) | Q(room__in=rooms)).order_by("period", "pk")
    columns = ("practitioner_id", "room_id", "period", "expires_at")
    return [Held(who, room, as_period(period), until) for who, room, period, until in rows.values_list(*columns)]
