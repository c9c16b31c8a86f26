"""A rule set aside on purpose, for one visit: kept as a fact, with the reason and the name of whoever did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import NotAllowed
from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.models import Appointment, Claim, Kind, Override, Room
from modules.scheduling.services.placing.clashes import Clash, Place, SlotTaken, clash_of

TRIES = 4  # the practitioner, the room and the patient may each be taken, and somebody may squeeze in meanwhile


@dataclass(slots=True)
class SetAside:
    """What stood in the way and was set aside."""

    rules: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    def add(self, clash: Clash, sentence: str) -> None:
        rules = {Kind.PRACTITIONER: "booked", Kind.PATIENT: "patient-booked"}
        self.rules.append(rules.get(clash.kind or Kind.PRACTITIONER, "taken"))
        if not self.sentences:
            self.sentences.append(sentence)


def write_beside(
    write: Callable[[Place], Appointment],
    *,
    place: Place,
    patient_id: UUID,
    period: Period,
    aside: SetAside,
    refused: SlotTaken,
) -> Appointment:
    """Write the visit although its time is taken, on a place above those that there are; note that in `aside`."""
    clash = Clash(Kind(refused.clash.upper()))
    for _try in range(TRIES):
        aside.add(clash, str(refused))
        place = _beside(place, clash, patient_id=patient_id, period=period)
        with clash_of() as clash:
            return write(place)
    raise refused


def check_may_override(*, by: Any) -> None:
    if not by.has_perm("scheduling.override"):
        raise NotAllowed(_("Your role does not allow setting a rule of the calendar aside."))


def note_override(appointment: Appointment, *, aside: SetAside, reason: str, by: Any, at: datetime) -> None:
    """Keep what was set aside. Nothing is kept if nothing stood in the way."""
    if not aside.rules:
        return
    kept = Override.objects.create(
        appointment=appointment,
        rules=sorted(set(aside.rules)),
        sentences=aside.sentences,
        reason=reason,
        at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    changes = audit.created(kept, ["rules", "reason"])
    audit.record(action="scheduling.appointment.overridden", of=appointment, by=by, changes=changes)


def _beside(place: Place, clash: Clash, *, patient_id: UUID, period: Period) -> Place:
    """Return the place with a number of its own in the calendar that it clashed with."""
    if clash.kind is Kind.ROOM and place.room is not None:
        room_id, _number = place.room
        capacity = Room.objects.values_list("capacity", flat=True).get(pk=room_id)
        return replace(place, room=(room_id, max(_highest(room_id, period), capacity) + 1))
    if clash.kind is Kind.EQUIPMENT:
        return replace(
            place, equipment=tuple((piece, _highest(piece, period) + 1) for piece, _number in place.equipment)
        )
    if clash.kind is Kind.PATIENT:
        return replace(place, patient_place=_highest(patient_id, period) + 1)
    return replace(place, practitioner_place=_highest(place.practitioner.pk, period) + 1)


def _highest(resource_id: UUID, period: Period) -> int:
    around = Claim.objects.filter(resource_id=resource_id, during__overlap=as_range(period))
    return int(around.aggregate(highest=Max("place"))["highest"] or 0)
