"""The visits of one day as plain rows: a busy day is 200, and as objects most of its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from kernel.ranges import as_period
from modules.crm import public as crm
from modules.scheduling.domain.checklist import Item
from modules.scheduling.domain.states import PROVISIONAL, Status
from modules.scheduling.models import STATUS_LABELS, Appointment, AppointmentQuerySet
from modules.scheduling.selectors import search_of_days
from modules.scheduling.selectors.day_version import LONGEST_VISIT

LONG_WAIT = timedelta(minutes=10)
LATE = timedelta(minutes=5)  # from when on somebody who is not here may be given up
MINUTE = timedelta(minutes=1)
COLUMNS = (
    "pk", "version", "status", "period", "occupies", "expires_at", "checked_in_at", "session_id", "patient_id",
    "patient__first_name", "patient__last_name", "service__name", "service__category",
    "service__by_video", "practitioner_id", "practitioner__name", "practitioner__category",
    "practitioner__video_room", "room__name", "location_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Whose day is wanted, and where. None: everybody's, everywhere."""

    practitioner_id: UUID | None = None
    location_id: UUID | None = None


@dataclass(slots=True)
class Card:
    """A visit on the board. `late`, `waits` and `over` are whole minutes, zero if they are not."""

    pk: UUID
    version: int
    status: str
    starts_at: datetime
    ends_at: datetime
    taken_until: datetime
    expires_at: datetime | None
    session_id: UUID | None
    patient_id: UUID
    patient: str
    flags: Sequence[crm.ShownFlag]  # what there is to know about the patient, for whoever may see it
    service: str
    category: int
    practitioner_id: UUID
    practitioner: str
    colour: int
    room: str
    by_video: bool
    own_room: str  # where the practitioner meets people by video
    late: int = 0
    waits: int = 0
    over: int = 0
    is_next: bool = False
    missing: tuple[Item, ...] = ()  # of the check-in list
    lapsed: crm.Lapsed | None = None  # their insurance, if it is over that day

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"

    @property
    def ends_clock(self) -> str:
        return f"{self.ends_at:%H:%M}"

    @property
    def label(self) -> Any:
        return STATUS_LABELS[Status(self.status)]

    @property
    def is_provisional(self) -> bool:
        return self.status in PROVISIONAL

    @property
    def may_be_given_up(self) -> bool:
        return self.late * MINUTE >= LATE

    @property
    def waits_long(self) -> bool:
        return self.waits * MINUTE > LONG_WAIT


def visits_of_day(day: date, zone: ZoneInfo, *, wanted: Filter) -> AppointmentQuerySet:
    """Return the visits that a day has any part of, whoever may see them."""
    search = search_of_days(day, day, zone)
    begins = Lower("period")
    rows = Appointment.objects.within(search.start, search.end).filter(
        GreaterThanOrEqual(begins, search.start - LONGEST_VISIT), LessThan(begins, search.end)
    )
    if wanted.practitioner_id is not None:
        rows = rows.filter(practitioner_id=wanted.practitioner_id)
    if wanted.location_id is not None:
        rows = rows.filter(location_id=wanted.location_id)
    return rows


def cards_of_day(*, day: date, zone: ZoneInfo, wanted: Filter, user: Any, at: datetime) -> list[Card]:
    """Return the visits of a day that somebody may see, by their beginning."""
    rows = visits_of_day(day, zone, wanted=wanted).visible_to(user).exclude(status=Status.LAPSED)
    found = list(rows.in_order().values_list(*COLUMNS, named=True))
    flagged = crm.flags_of({row.patient_id for row in found}, seen_by=user, at=at) if found else {}
    return [_card(row, zone, flags=flagged.get(row.patient_id, ()), at=at) for row in found]


def _card(row: Any, zone: ZoneInfo, *, flags: Sequence[crm.ShownFlag], at: datetime) -> Card:
    period = as_period(row.period)
    card = Card(
        pk=row.pk,
        version=row.version,
        status=row.status,
        starts_at=period.start.astimezone(zone),
        ends_at=period.end.astimezone(zone),
        taken_until=as_period(row.occupies).end,
        expires_at=row.expires_at,
        session_id=row.session_id,
        patient_id=row.patient_id,
        patient=f"{row.patient__first_name} {row.patient__last_name}".strip(),
        flags=flags,
        service=row.service__name,
        category=row.service__category,
        practitioner_id=row.practitioner_id,
        practitioner=row.practitioner__name,
        colour=row.practitioner__category,
        room=row.room__name or "",
        by_video=row.service__by_video,
        own_room=row.practitioner__video_room,
    )
    if row.status in {Status.SCHEDULED, Status.CONFIRMED}:
        card.late = _minutes(at - card.starts_at)
    elif row.status == Status.CHECKED_IN and row.checked_in_at:
        card.waits = _minutes(at - row.checked_in_at)
    elif row.status == Status.IN_PROGRESS:
        card.over = _minutes(at - card.ends_at)
    return card


def _minutes(length: timedelta) -> int:
    return max(int(length / MINUTE), 0)
