"""Where, and with whom, a visit can be: what is tried, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.models import (
    Appointment,
    AppointmentEquipment,
    Claim,
    Equipment,
    EquipmentKind,
    Practitioner,
    Room,
)
from modules.scheduling.services.clashes import Place, Search, SlotTaken, Taking, nobody_is_free
from modules.scheduling.services.wishes import Services, is_patient, read_practitioner, wrong

MANY = 30  # ways to choose among the pieces of several kinds: nobody has so many devices free at once


def practitioners_to_try(
    practitioner_id: UUID | None, *, services: Services, search: Search, by: Any
) -> list[Practitioner]:
    """Return who may perform it, first whom to ask first: the one wished for, or everybody who looks free then.

    Raises `CannotBook`, `NotAllowed` or `NobodyIsFree`.
    """
    if practitioner_id is not None:
        return [read_practitioner(practitioner_id, services=services, by=by)]
    free = search.at_that_time()
    performing = {each.pk: each for each in services.performers()}
    found = [performing[slot.practitioner_id] for slot in free if slot.practitioner_id in performing]
    found.sort(key=lambda practitioner: practitioner.user_id != by.pk)
    if reach_of(by, "scheduling.book") is Reach.CARE:
        found = [practitioner for practitioner in found if practitioner.user_id == by.pk]
    if not found:
        raise nobody_is_free(search)
    return found


def check_is_offered(search: Search, *, practitioner: Practitioner, by: Any) -> None:
    """Patients book what is offered. The desk may squeeze somebody in outside the hours."""
    if not is_patient(by):
        return
    if not all(service.bookable_online for service in search.services):
        raise wrong(_("Please ring us to book this."), at="service_id")
    if not search.at_that_time(practitioner.pk):
        raise SlotTaken(
            _("That time is not free. Nothing has been booked."),
            clash="practitioner",
            alternatives=search.afterwards(practitioner.pk),
        )


def places_to_try(
    practitioners: list[Practitioner],
    *,
    rooms: list[Room],
    services: Services,
    period: Period,
    ignoring: UUID | None = None,
) -> list[Place]:
    """Return the places to try, best first: those that look free, or the first one so that the clash is told.

    Raises `CannotBook` where there is no equipment of a kind that is needed.
    """
    kinds = services.kinds_of_equipment()
    pieces = [piece for kind in kinds for piece in kind.equipment.all()]
    taken = _taken([*rooms, *pieces], services.occupied(period), ignoring)
    in_rooms: list[tuple[Room | None, int]] = [(room, place) for room in rooms for place in _free(room, taken)] or [
        (room, 1) for room in rooms[:1]
    ]
    with_things = list(islice(product(*(_pieces(kind, taken) for kind in kinds)), MANY))
    return [
        Place(who, room, place, equipment=tuple((piece.pk, number) for piece, number in things))
        for who in practitioners
        for room, place in in_rooms or [(None, 1)]
        for things in with_things
        if all(room is None or piece.location_id == room.location_id for piece, _number in things)
    ] or [Place(practitioners[0], *(in_rooms[0] if in_rooms else ()))]


def put_down_equipment(appointment: Appointment, *, place: Place) -> None:
    """Have the visit use its equipment: one piece after the other, in the order in which they are locked."""
    for equipment_id, number in sorted(place.equipment):
        AppointmentEquipment.objects.create(appointment=appointment, equipment_id=equipment_id, place=number)


def _pieces(kind: EquipmentKind, taken: set[Taking]) -> list[tuple[Equipment, int]]:
    pieces = list(kind.equipment.all())
    if not pieces:
        raise wrong(_("There is no %(kind)s for this service.") % {"kind": kind.name}, at="service_id")
    return [(piece, place) for piece in pieces for place in _free(piece, taken)] or [(pieces[0], 1)]


def _free(thing: Room | Equipment, taken: set[Taking]) -> list[int]:
    return [place for place in range(1, thing.capacity + 1) if (thing.pk, place) not in taken]


def _taken(things: Sequence[Room | Equipment], occupied: Period, ignoring: UUID | None) -> set[Taking]:
    taken = Claim.objects.filter(resource_id__in=[thing.pk for thing in things], during__overlap=as_range(occupied))
    if ignoring is not None:
        taken = taken.exclude(appointment_id=ignoring)
    return set(taken.values_list("resource_id", "place"))
