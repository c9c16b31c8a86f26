"""The visits of a stretch of time as plain rows: a week of ten people is 700, and as objects most of its cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.aggregates.mixins import OrderableAggMixin
from django.db.models import Aggregate, Count, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Lower, Trim, Upper
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from kernel.periods import Period
from kernel.ranges import as_period
from modules.crm import public as crm
from modules.scheduling.domain.states import MAY_MOVE, Status
from modules.scheduling.models import STATUS_LABELS, Appointment, AppointmentQuerySet, Practitioner, Room, Service

COLUMNS = (
    "pk",
    "period",
    "status",
    "version",
    "patient_id",
    "patient__first_name",
    "patient__last_name",
    "service_id",
    "practitioner_id",
    "room_id",
    "session_id",
    "package_number",
    "package_total",
)
PATIENT = COLUMNS.index("patient_id")
UNREMARKABLE = {Status.SCHEDULED, Status.COMPLETED}


class By(StrEnum):
    """What the columns are."""

    PRACTITIONER = "practitioner"
    ROOM = "room"
    SERVICE = "service"

    def of(self, visit: Any) -> Resource | None:
        """Return the column of a visit or a group."""
        resource: Resource | None = getattr(visit, self.value)
        return resource


class Resource(NamedTuple):
    """What a column of the calendar can be of. `capacity` visits at a time are no clash."""

    id: UUID | None
    name: str
    category: int = 1
    capacity: int = 1


class Known(NamedTuple):
    """Everything that visits refer to, by its id."""

    practitioners: dict[UUID, Resource]
    rooms: dict[UUID, Resource]
    services: dict[UUID, Resource]


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment, as far as a calendar shows it."""

    id: UUID
    period: Period
    status: str
    version: int
    patient_id: UUID
    first_name: str
    last_name: str
    flags: Sequence[crm.ShownFlag]  # what there is to know about them, for whoever may see it
    service: Resource
    practitioner: Resource
    room: Resource | None
    is_in_group: bool
    zone: ZoneInfo
    session_number: int | None = None  # of so many in the package that it is drawn from
    session_total: int | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def short_name(self) -> str:
        return self.last_name or self.first_name

    @property
    def unseen_name(self) -> str:
        """Return what the short name leaves out."""
        return self.first_name if self.last_name else ""

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
    def may_move(self) -> bool:
        return self.status in MAY_MOVE and not self.is_in_group

    @property
    def state(self) -> str | Promise:
        """What is to be said about where the visit stands; nothing of what everybody takes for granted."""
        return "" if self.status in UNREMARKABLE else STATUS_LABELS[Status(self.status)]

    @property
    def what(self) -> str:
        """The service, and which session of a package it is."""
        if self.session_number is None:
            return self.service.name
        numbers = {"n": self.session_number, "total": self.session_total}
        return f"{self.service.name}, {_('%(n)s of %(total)s') % numbers}"

    def described(self, by: By) -> str:
        """Return for the ear what the eye sees from where a visit is drawn, but for what the column is of."""
        until = _until(get_language()) % {"time": f"{self.ends_at:%H:%M}"}
        known = [f"{each.label}: {each.text}" for each in self.flags]
        return ", ".join([*known, *places_besides(by, self), until])


@cache
def _until(_language: str | None) -> str:
    """Return what each of a week's visits says, looked up once for each language."""
    return _("until %(time)s")


def places_besides(by: By, visit: Any) -> list[str]:
    """Return with whom and in which room, but for what the columns are."""
    others = [each for each in (By.PRACTITIONER, By.ROOM) if each is not by]
    return [of.name for each in others if (of := each.of(visit))]


def practitioners_of(user: Any) -> list[Resource]:
    """Return whose calendars somebody sees: everybody's for the desk, one's own for a practitioner."""
    shown = Practitioner.objects.current().order_by("name")
    if reach_of(user, "scheduling.view_appointment") is not Reach.ALL:
        shown = shown.filter(user_id=user.pk)
    return [Resource(*row) for row in shown.values_list("pk", "name", "category")]


def rooms() -> list[Resource]:
    rows = Room.objects.current().order_by("name").values_list("pk", "name", "capacity")
    return [Resource(pk, name, capacity=capacity) for pk, name, capacity in rows]


def services() -> list[Resource]:
    rows = Service.objects.current().order_by("category", "name").values_list("pk", "name", "category")
    return [Resource(*row) for row in rows]


def shown_visits(user: Any, search: Period, *, practitioners: Collection[UUID] = ()) -> AppointmentQuerySet:
    """Return what a calendar shows of a stretch of time to somebody; of these practitioners only, if any are named.

    Who takes part in a group is not among it: the group is shown, once.
    """
    rows = Appointment.objects.visible_to(user).holding_or_missed().within(search.start, search.end)
    rows = rows.filter(session=None)
    return rows.filter(practitioner__in=practitioners) if practitioners else rows


def as_visits(rows: QuerySet[Appointment], *, known: Known, user: Any, zone: ZoneInfo, at: datetime) -> list[Visit]:
    """Read visits in their order, with what belongs to them."""
    found = list(rows.order_by(Lower("period"), "practitioner__name").values_list(*COLUMNS))
    flagged = crm.flags_of({row[PATIENT] for row in found}, seen_by=user, at=at) if found else {}
    return [
        Visit(
            *(pk, as_period(period), status, version, patient_id, first_name, last_name, flagged.get(patient_id, ())),
            service=known.services[service_id],
            practitioner=known.practitioners[practitioner_id],
            room=known.rooms[room_id] if room_id else None,
            is_in_group=session_id is not None,
            zone=zone,
            session_number=session_number,
            session_total=session_total,
        )
        for (
            *(pk, period, status, version, patient_id, first_name, last_name),
            service_id,
            practitioner_id,
            room_id,
            session_id,
            session_number,
            session_total,
        ) in found
    ]


class _JsonObject(Func):
    function = "JSON_BUILD_OBJECT"
    output_field = TextField()


class _JsonList(OrderableAggMixin, Aggregate):
    function = "JSON_AGG"
    template = "%(function)s(%(expressions)s %(order_by)s)"
    output_field = TextField()


def visits_as_json(rows: QuerySet[Appointment]) -> tuple[str, list[UUID]]:
    """Return visits as a JSON list, in order, and whose they are. As objects, a week takes ten times as long."""
    members = {
        "id": "pk",
        "start_time": Lower("period"),
        "end_time": Upper("period"),
        "status": "status",
        "version": "version",
        "patient_id": "patient_id",
        "patient_name": Trim(Concat("patient__first_name", Value(" "), "patient__last_name")),
        "service_id": "service_id",
        "practitioner_id": "practitioner_id",
        "room_id": "room_id",
    }
    named = [part for name, of in members.items() for part in (Value(name), of)]
    in_all = rows.order_by().values(all=Value(1))
    in_all = in_all.annotate(
        visits=Cast(_JsonList(_JsonObject(*named), order_by=[Lower("period"), "practitioner_id"]), TextField()),
        patients=ArrayAgg("patient_id", distinct=True),
        count=Count("pk"),
    )
    return next(iter(in_all.filter(count__gt=0).values_list("visits", "patients")), ("[]", []))


def visit_of(appointment: Appointment) -> Visit:
    """Return what a calendar shows of one appointment, which comes with what belongs to it."""
    patient, service = appointment.patient, appointment.service
    practitioner, room = appointment.practitioner, appointment.room
    return Visit(
        id=appointment.pk,
        period=as_period(appointment.period),
        status=appointment.status,
        version=appointment.version,
        patient_id=patient.pk,
        first_name=patient.first_name,
        last_name=patient.last_name,
        flags=(),
        service=Resource(service.pk, service.name, service.category),
        practitioner=Resource(practitioner.pk, practitioner.name, practitioner.category),
        room=Resource(room.pk, room.name, capacity=room.capacity) if room else None,
        is_in_group=appointment.session_id is not None,
        zone=appointment.location.zone,
        session_number=appointment.package_number,
        session_total=appointment.package_total,
    )


def known_resources() -> Known:
    return Known(_known(Practitioner), _known(Room), _known(Service))


def _known(model: Any) -> dict[UUID, Resource]:
    """Return everything of a kind, what is out of use too: visits of the past refer to it."""
    columns = ("pk", "name") if model is Room else ("pk", "name", "category")
    return {row[0]: Resource(*row) for row in model.objects.values_list(*columns)}
