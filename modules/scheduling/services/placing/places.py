"""Where, and with whom, a visit can be: what is tried, in which order, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from modules.scheduling.models import Appointment, AppointmentEquipment, Practitioner
from modules.scheduling.selectors import Moment, Obstacle
from modules.scheduling.services.placing.clashes import NobodyIsFree, Place, Search, nobody_is_free, not_offered
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.placing.overrides import SetAside
from modules.scheduling.services.visits.wishes import Services, read_practitioner, wrong

BY_TELEPHONE = frozenset({"contact", "staff-only"})


def look(search: Search, *, practitioner_id: UUID | None) -> Moment:
    """Read what is in the way of a wish; with a practitioner, once it is one's turn at their calendar."""
    if practitioner_id is not None:
        lock_resources(practitioners=[practitioner_id])
    return search.moment(practitioner_id)


def practitioners_to_try(
    practitioner_id: UUID | None, *, services: Services, moment: Moment, search: Search, by: Any
) -> list[Practitioner]:
    """Return who may perform it, first whom to ask first: the one wished for, or whoever is free and has least to do.

    Raises `CannotBook`, `NotAllowed` or `NobodyIsFree`.
    """
    if practitioner_id is not None:
        return [read_practitioner(practitioner_id, services=services, by=by)]
    performing = Practitioner.objects.in_bulk(moment.offered_by())
    found = sorted(performing.values(), key=lambda each: (each.user_id != by.pk, moment.offered_by().index(each.pk)))
    if reach_of(by, "scheduling.book") is Reach.CARE:
        found = [practitioner for practitioner in found if practitioner.user_id == by.pk]
    if not found:
        raise _nobody(moment, search)
    return found


def rules_set_aside(moment: Moment, *, practitioner: Practitioner, search: Search, override: str) -> SetAside:
    """Return what is in the way and set aside. Raises `NotOffered` if there is something, and no reason to."""
    if practitioner.pk in {slot.practitioner_id for slot in moment.slots}:
        return SetAside()
    in_the_way = moment.obstacles()
    if override:
        return SetAside([each.code for each in in_the_way], [each.sentence for each in in_the_way])
    raise _refusal(in_the_way, search, practitioner)


def places_to_try(moment: Moment, *, practitioners: Sequence[Practitioner]) -> list[Place]:
    """Return the places to try, best first. Raises `CannotBook` where there is no room or equipment for it at all."""
    places = [
        Place(who, setting.location_id, setting.room, setting.equipment)
        for who in practitioners
        for setting in moment.settings(who.pk)
    ]
    if not places:
        sentence = " ".join(each.sentence for each in moment.obstacles()) or _("There is no room for this.")
        raise wrong(sentence, at="room_id")
    return places


def put_down_equipment(appointment: Appointment, *, place: Place) -> None:
    """Have the visit use its equipment: one piece after the other, in the order in which they are locked."""
    for equipment_id, number in sorted(place.equipment):
        AppointmentEquipment.objects.create(appointment=appointment, equipment_id=equipment_id, place=number)


def _nobody(moment: Moment, search: Search) -> NobodyIsFree:
    by_telephone = [each for each in moment.obstacles() if each.code in BY_TELEPHONE]
    if by_telephone:
        raise wrong(_("Please ring us to book this."), at="service_id")
    return nobody_is_free(search, reasons=moment.obstacles())


def _refusal(in_the_way: list[Obstacle], search: Search, practitioner: Practitioner) -> Exception:
    if any(each.code in BY_TELEPHONE for each in in_the_way):
        return wrong(_("Please ring us to book this."), at="service_id")
    return not_offered(search, reasons=in_the_way, practitioner_id=practitioner.pk)
