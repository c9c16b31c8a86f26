"""Two visits never meet: the database refuses, and this says who was faster and what is still free."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.periods import Period
from modules.scheduling.models import CLASH, Appointment, Equipment, GroupSession, Kind, Practitioner, Room, Service
from modules.scheduling.selectors import Asker, Slot, Wanted, find_slots

ALTERNATIVES = 5
TAKEN = re.compile(r"=\(([0-9a-f-]{36}), (\d+), ")  # in what Postgres says of a refused claim, in any language


class SlotTaken(Conflict):
    """Somebody was faster. `alternatives` are the next free times."""

    code = "slot-taken"

    def __init__(self, detail: str, *, clash: str, alternatives: list[Slot]) -> None:
        super().__init__(detail)
        self.clash, self.alternatives = clash, alternatives

    def extra(self) -> dict[str, object]:
        return {"clash": self.clash, "alternatives": [_on_the_wire(slot) for slot in self.alternatives]}


class NobodyIsFree(SlotTaken):
    """Nobody who performs the service can at that time."""

    code = "nobody-is-free"


Taking = tuple[UUID, int]  # who or what is taken, and which of several


@dataclass(frozen=True, slots=True)
class Place:
    """Where, with whom and with what, and which of the places there; one above what there are is a double booking."""

    practitioner: Practitioner
    room: Room | None = None
    room_place: int = 1
    practitioner_place: int = 1
    patient_place: int = 1
    equipment: tuple[Taking, ...] = ()

    @property
    def takes(self) -> frozenset[Taking]:
        of_room = [(self.room.pk, self.room_place)] if self.room else []
        return frozenset([(self.practitioner.pk, self.practitioner_place), *of_room, *self.equipment])


class Search:
    """The free times around a wish, looked up once and only if needed."""

    def __init__(
        self,
        services: tuple[Service, ...],
        period: Period,
        *,
        room_id: UUID | None,
        at: datetime,
        asker: Asker,
        ignoring: UUID | None = None,
    ) -> None:
        self.services, self.period, self.room_id, self.ignoring = services, period, room_id, ignoring
        self.at, self.asker = at, asker

    def at_that_time(self, practitioner_id: UUID | None = None) -> list[Slot]:
        """Return the offers at exactly the wished start."""
        just_then = Period(self.period.start, self.period.start + timedelta(minutes=1))
        return self._find(just_then, practitioner_id, replace(self.asker, any_time=not self.asker.online))

    def afterwards(self, practitioner_id: UUID | None = None) -> list[Slot]:
        """Return the next offers from the wished day on: with the same person if they have any, else with anyone."""
        for days, who in ((2, practitioner_id), (2, None), (14, practitioner_id), (14, None)):
            ahead = Period(self.period.start, self.period.start + timedelta(days=days))
            if found := self._find(ahead, who, self.asker):
                return found[:ALTERNATIVES]
        return []

    def _find(self, search: Period, practitioner_id: UUID | None, asker: Asker) -> list[Slot]:
        return find_slots(wanted=self._wanted(practitioner_id), search=search, at=self.at, asker=asker)

    def _wanted(self, practitioner_id: UUID | None) -> Wanted:
        return Wanted(
            services=self.services,
            practitioner_ids=frozenset({practitioner_id}) if practitioner_id else None,
            room_id=self.room_id,
            length=int(self.period.length.total_seconds() // 60),
            ignoring=self.ignoring,
        )


@dataclass(slots=True)
class Clash:
    """What two visits wanted at a time; None if nothing."""

    kind: Kind | None = None
    taking: Taking | None = None

    @property
    def word(self) -> str:
        return str(self.kind).lower()


def write_at_first_free(write: Callable[[Place], Appointment], *, places: list[Place], search: Search) -> Appointment:
    """Write the visit at the first place where nothing is in the way. Raises `SlotTaken`, saying what was.

    Each try locks what it claims and lets go of it before the next (`claim_time`, a trigger): whoever held two at a
    time could wait for somebody who waits for them.
    """
    busy: set[Taking] = set()
    for place in places:
        if place.takes & busy:
            continue
        with clash_of() as clash:
            appointment = write(place)
        if clash.kind is None:
            return appointment
        if clash.kind is Kind.PATIENT or clash.taking is None:
            break
        busy.add(clash.taking)
    raise _taken(clash, place, search)


@contextmanager
def clash_of() -> Iterator[Clash]:
    """Run a write in a savepoint, and say what it clashed with, if the database refused it."""
    clash = Clash()
    try:
        with transaction.atomic():
            yield clash
    except (IntegrityError, OperationalError) as error:
        clash.taking = _taking_behind(error)
        clash.kind = _kind_of(clash.taking) if clash.taking else Kind.PRACTITIONER


@contextmanager
def time_still_free() -> Iterator[None]:
    """Turn a refused change of state into `Conflict`: a missed visit's time may have been given away."""
    with clash_of() as clash:
        yield
    if clash.kind is not None:
        raise Conflict(_("That time has been given to somebody else."))


def _taking_behind(error: Exception) -> Taking | None:
    """Return who or what is taken; None for a deadlock all the same: somebody else got the time."""
    cause: Any = error.__cause__
    diagnosis: Any = getattr(cause, "diag", None)
    if getattr(diagnosis, "constraint_name", None) == CLASH:
        resource_id, place = TAKEN.findall(str(diagnosis.message_detail))[0]
        return UUID(resource_id), int(place)
    if getattr(cause, "sqlstate", "") == "40P01":
        return None
    raise error


def _kind_of(taking: Taking) -> Kind:
    models: dict[Kind, Any] = {
        Kind.PRACTITIONER: Practitioner,
        Kind.ROOM: Room,
        Kind.EQUIPMENT: Equipment,
        Kind.SESSION: GroupSession,
    }
    return next((kind for kind, model in models.items() if model.objects.filter(pk=taking[0]).exists()), Kind.PATIENT)


def _taken(clash: Clash, place: Place, search: Search) -> SlotTaken:
    sentences = {
        Kind.PRACTITIONER: _("%(name)s is booked at that time.") % {"name": place.practitioner.name},
        Kind.ROOM: _("%(name)s is taken at that time.") % {"name": place.room.name if place.room else ""},
        Kind.EQUIPMENT: _("The equipment for it is in use at that time."),
        Kind.SESSION: _("The group is full."),
        Kind.PATIENT: _("The patient has another visit at that time."),
    }
    return SlotTaken(
        sentences[clash.kind or Kind.PRACTITIONER] + " " + _("Nothing has been booked."),
        clash=clash.word,
        alternatives=search.afterwards(place.practitioner.pk),
    )


def nobody_is_free(search: Search) -> NobodyIsFree:
    return NobodyIsFree(
        _("Nobody is free at that time. Nothing has been booked."),
        clash="practitioner",
        alternatives=search.afterwards(),
    )


def _on_the_wire(slot: Slot) -> dict[str, str | None]:
    return {
        "start_time": slot.starts_at.isoformat(),
        "end_time": slot.ends_at.isoformat(),
        "practitioner_id": str(slot.practitioner_id),
        "room_id": str(slot.room_id) if slot.room_id else None,
    }
