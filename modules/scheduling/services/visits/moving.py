"""Move a visit to another time, length, room or colleague."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from kernel.periods import Period
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.states import MAY_CHANGE_HANDS, MAY_MOVE
from modules.scheduling.events import AppointmentMoved
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.services.placing.clashes import Place, Search
from modules.scheduling.services.placing.overrides import SetAside, check_may_override, note_override
from modules.scheduling.services.placing.places import look, places_to_try, put_down_equipment, rules_set_aside
from modules.scheduling.services.series.packages import check_last_day, follow_services
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import MOVABLE, put_down_services, take_into_care, write
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.notice import check_notice
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.versions import check_version
from modules.scheduling.services.visits.wishes import (
    Services,
    asker_of,
    check_room,
    check_time,
    read_period,
    read_practitioner,
    services_named,
)


class NotMovable(Conflict):
    """The visit has begun, is over, or will not be."""

    code = "not-movable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a visit is to go. What is None stays; a free room is found if its own is not, unless one is named.

    `version` is what the mover last saw: another one means that somebody else changed the visit meanwhile.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    service_ids: tuple[UUID, ...] = ()
    version: int | None = None
    override: str = ""
    tell: Tell = Tell.AT_ONCE

    @property
    def only_changes_hands(self) -> bool:
        """Test whether the time, the room and the services stay, and somebody else is to perform them."""
        stays = not (self.starts_at or self.ends_at or self.room_id or self.service_ids)
        return stays and self.practitioner_id is not None


@transaction.atomic
def move_appointment(*, appointment: Appointment, to: Move, by: Any, at: datetime) -> Appointment:
    """Move a visit that has not begun; whom somebody waits for can still change when they are here.

    Raises `CannotBook`, `NotAllowed`, `SlotTaken`, `NotMovable`, `ChangedMeanwhile`, or `NoticeTooShort` for patients;
    `PackageRefused` if it would be past the last day of the package that pays for it.
    """
    appointment = lock_row(Appointment.objects.for_display(), appointment.pk)
    check_version(appointment, seen=to.version)
    if appointment.status not in (MAY_CHANGE_HANDS if to.only_changes_hands else MAY_MOVE):
        raise NotMovable(_("Only a visit that has not begun can be moved."))
    if appointment.session_id is not None:
        raise NotMovable(_("A visit in a group goes with its group, or to another group."))
    check_notice(appointment, by=by, at=at)
    if to.override:
        check_may_override(by=by)
    services, period = _services(appointment, to), _period(appointment, to)
    check_time(period, by=by, at=at)
    check_last_day(appointment, starts_at=period.start)
    if to.service_ids:
        follow_services(appointment, service_ids=to.service_ids, by=by, at=at)
    check_room(to.room_id, services=services)
    practitioner = read_practitioner(to.practitioner_id or appointment.practitioner_id, services=services, by=by)
    before, left = audit.snapshot(appointment, MOVABLE), left_by(appointment)
    moved, aside = _move(appointment, to, services, practitioner, period, by=by, at=at)
    if to.service_ids:
        moved.further_services.all().delete()
        put_down_services(moved, services=services)
    take_into_care(moved, by=by, at=at)
    note_change(moved, by=by, at=at)
    audit.record(action="scheduling.appointment.moved", of=moved, by=by, changes=audit.difference(before, moved))
    note_override(moved, aside=aside, reason=to.override, by=by, at=at)
    publish(AppointmentMoved(appointment_id=moved.pk, starts_at=period.start, **left))
    telling.about_move(moved, at=at, tell=to.tell)
    return moved


def left_by(appointment: Appointment) -> dict[str, Any]:
    """Return where a visit is now, as the news of its move tell it."""
    return {
        "left_starts_at": appointment.starts_at,
        "left_ends_at": appointment.ends_at,
        "left_practitioner_id": appointment.practitioner_id,
        "left_location_id": appointment.location_id,
        "left_session_id": appointment.session_id,
    }


def services_of(appointment: Appointment) -> Services:
    further = appointment.further_services.select_related("service").order_by("position")
    return Services(appointment.service, tuple(row.service for row in further))


def _services(appointment: Appointment, to: Move) -> Services:
    return services_named(to.service_ids) if to.service_ids else services_of(appointment)


def _period(appointment: Appointment, to: Move) -> Period:
    before = as_period(appointment.period)
    starts_at = to.starts_at or before.start
    return read_period(starts_at=starts_at, ends_at=to.ends_at, usual=before.length)


def _move(
    appointment: Appointment,
    to: Move,
    services: Services,
    practitioner: Practitioner,
    period: Period,
    *,
    by: Any,
    at: datetime,
) -> tuple[Appointment, SetAside]:
    asker = asker_of(by, patient_id=appointment.patient_id)
    search = Search(services.all, period, room_id=to.room_id, at=at, asker=asker, ignoring=appointment.pk)
    moment = look(search, practitioner_id=practitioner.pk)
    aside = rules_set_aside(moment, practitioner=practitioner, search=search, override=to.override)
    places = places_to_try(moment, practitioners=[practitioner])
    places.sort(key=lambda place: place.room is None or place.room[0] != appointment.room_id)  # its own room first
    appointment.version += 1
    appointment.sequence += 1
    return write(
        mover(appointment=appointment, services=services, period=period),
        places=places,
        patient_id=appointment.patient_id,
        search=search,
        aside=aside,
        override=to.override,
    )


def mover(*, appointment: Appointment, services: Services, period: Period) -> Callable[[Place], Appointment]:
    """Return what puts a visit that there is already at a place."""

    def move(place: Place) -> Appointment:
        appointment.equipment.all().delete()
        appointment.service = services.first
        appointment.practitioner, appointment.practitioner_place = place.practitioner, place.practitioner_place
        appointment.room_id, appointment.room_place = place.room or (None, 1)
        appointment.location_id = place.location_id
        appointment.patient_place = place.patient_place
        appointment.period = as_range(period)
        appointment.occupies = as_range(services.occupied(period))
        appointment.save()
        put_down_equipment(appointment, place=place)
        return appointment

    return move
