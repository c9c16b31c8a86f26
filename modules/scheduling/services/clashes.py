"""Two visits never meet: the database refuses, and this says who was faster and what is still free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.periods import Period
from modules.scheduling.models import Appointment, Practitioner, Room, Service
from modules.scheduling.selectors import Asker, Slot, Wanted, find_slots
from tenancy import current_tenant

ALTERNATIVES = 5


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where and with whom: what gets locked, and what must not clash."""

    practitioner: Practitioner
    room: Room | None
    room_place: int = 1


class Search:
    """The free times around a wish, looked up once and only if needed."""

    def __init__(
        self,
        service: Service,
        period: Period,
        *,
        room_id: UUID | None,
        at: datetime,
        asker: Asker,
        ignoring: UUID | None = None,
    ) -> None:
        self.service, self.period, self.room_id, self.at, self.ignoring = service, period, room_id, at, ignoring
        self.asker = asker

    def at_that_time(self, practitioner_id: UUID | None = None) -> list[Slot]:
        """Return the offers at exactly the wished start."""
        just_then = Period(self.period.start, self.period.start + timedelta(minutes=1))
        return self._find(just_then, practitioner_id)

    def afterwards(self, practitioner_id: UUID | None = None) -> list[Slot]:
        """Return the next offers from the wished day on: with the same person if they have any, else with anyone."""
        for days, who in ((2, practitioner_id), (2, None), (14, practitioner_id), (14, None)):
            ahead = Period(self.period.start, self.period.start + timedelta(days=days))
            if found := self._find(ahead, who):
                return found[:ALTERNATIVES]
        return []

    def _find(self, search: Period, practitioner_id: UUID | None) -> list[Slot]:
        wanted = Wanted(
            services=(self.service,),
            practitioner_ids=frozenset({practitioner_id}) if practitioner_id else None,
            room_id=self.room_id,
            ignoring=self.ignoring,
        )
        return find_slots(wanted=wanted, search=search, at=self.at, asker=self.asker)


def insert_at_first_free(
    made: Callable[[Place], Appointment], *, places: list[Place], patient_id: UUID, search: Search
) -> Appointment:
    """Save the appointment at the first place that the database accepts, or raise `SlotTaken`."""
    for place in places:
        appointment = made(place)
        with _clash_of() as clash:
            _lock(place, patient_id)
            appointment.save()
        if clash.constraint is None:
            return appointment
        if clash.constraint != Appointment.ROOM_CLASH:
            break
    raise _slot_taken(str(clash.constraint), place, search)


def _lock(place: Place, patient_id: UUID) -> None:
    """Lock whom and what the visit is about, in a fixed order.

    The exclusion constraints alone never let two in, but inserts that race wait for each other until Postgres calls
    it a deadlock: fifty at once took 47 seconds. Behind these locks they queue, and the loser hears at once.
    Called inside the savepoint that a clash rolls back: that lets go of this place before the next one is locked,
    or the order would not be fixed any more.
    """
    keys = [
        f"practitioner:{place.practitioner.pk}",
        f"room:{place.room.pk if place.room else ''}",
        f"patient:{patient_id}",
    ]
    schema = current_tenant().schema_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [[f"{schema}:{key}" for key in keys]],
        )


class _Clash:
    constraint: str | None = None


@contextmanager
def _clash_of() -> Iterator[_Clash]:
    """Run a write in a savepoint, and say which of the calendar's constraints refused it, if one did."""
    clash = _Clash()
    try:
        with transaction.atomic():
            yield clash
    except (IntegrityError, OperationalError) as error:
        clash.constraint = _constraint_behind(error)


@contextmanager
def time_still_free() -> Iterator[None]:
    """Turn a refused change of state into `Conflict`: a missed visit's time may have been given away."""
    with _clash_of() as clash:
        yield
    if clash.constraint is not None:
        raise Conflict(_("That time has been given to somebody else."))


def _constraint_behind(error: Exception) -> str:
    ours = (Appointment.PRACTITIONER_CLASH, Appointment.ROOM_CLASH, Appointment.PATIENT_CLASH)
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name in ours:
        return str(name)
    if getattr(error.__cause__, "sqlstate", "") == "40P01":  # a deadlock all the same: somebody else got the time
        return Appointment.PRACTITIONER_CLASH
    raise error


def _slot_taken(constraint: str, place: Place, search: Search) -> SlotTaken:
    sentences = {
        Appointment.PRACTITIONER_CLASH: _("%(name)s is booked at that time.") % {"name": place.practitioner.name},
        Appointment.ROOM_CLASH: _("%(name)s is taken at that time.") % {"name": place.room.name if place.room else ""},
        Appointment.PATIENT_CLASH: _("The patient has another visit at that time."),
    }
    return SlotTaken(
        sentences[constraint] + " " + _("Nothing has been booked."),
        clash=constraint.removeprefix("appointment_").removesuffix("_clash"),
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
