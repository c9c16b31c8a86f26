"""Two visits never meet: the database refuses, and this says who was faster and what is still free."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.periods import Period
from modules.scheduling.models import CLASH, Equipment, GroupSession, Kind, Practitioner, Room, Service
from modules.scheduling.selectors import Asker, Moment, Obstacle, Slot, Taking, Wanted, find_slots, read_moment

ALTERNATIVES = 5
BOOKED = frozenset({"booked", "taken"})  # obstacles that are other visits
WHILE_ACTIVE = "booked_while_active"
TAKEN = re.compile(r"=\(([0-9a-f-]{36}), (\d+), ")  # in what Postgres says of a refused claim, in any language


def _nowhere() -> list[Slot]:
    return []


class RecordClosed(Conflict):
    """Whoever was to be booked is not any more: somebody closed the record meanwhile."""

    code = "record-closed"


class SlotTaken(Conflict):
    """Somebody was faster. `elsewhere` finds the next free times."""

    code = "slot-taken"

    def __init__(self, detail: str, *, clash: str, elsewhere: Callable[[], list[Slot]] = _nowhere) -> None:
        super().__init__(detail)
        self.clash, self._elsewhere = clash, elsewhere

    @cached_property
    def alternatives(self) -> list[Slot]:
        """The next free times, looked up when they are asked for: by then whoever lost has let go of the calendar."""
        return self._elsewhere()

    def extra(self) -> dict[str, object]:
        return {"clash": self.clash, "alternatives": [slot_on_the_wire(slot) for slot in self.alternatives]}


class NotOffered(SlotTaken):
    """Something is in the way: `reasons` say what, without saying whose."""

    code = "not-offered"

    def __init__(self, detail: str, *, reasons: Sequence[Obstacle], elsewhere: Callable[[], list[Slot]]) -> None:
        self.reasons = list(reasons)
        super().__init__(detail, clash=_clash_word(self.reasons), elsewhere=elsewhere)

    def extra(self) -> dict[str, object]:
        reasons = [{"code": reason.code, "detail": reason.sentence} for reason in self.reasons]
        return super().extra() | {"reasons": reasons}


class AlreadyBooked(NotOffered):
    """Nothing is in the way but other visits."""

    code = "slot-taken"


class NobodyIsFree(NotOffered):
    """Nobody who performs the service can at that time."""

    code = "nobody-is-free"


Written = TypeVar("Written")  # a visit, a time kept for one, or a group


@dataclass(frozen=True, slots=True)
class Place:
    """Where, with whom and with what, and which of the places there; one above what there are is a double booking."""

    practitioner: Practitioner
    location_id: UUID
    room: Taking | None = None
    equipment: tuple[Taking, ...] = ()
    practitioner_place: int = 1
    patient_place: int = 1

    @property
    def takes(self) -> frozenset[Taking]:
        of_room = [self.room] if self.room else []
        return frozenset([(self.practitioner.pk, self.practitioner_place), *of_room, *self.equipment])


class Search:
    """The free times around a wish, looked up only if needed."""

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

    @property
    def nothing_done(self) -> str:
        """What a refusal ends with."""
        return _("Nothing has been moved.") if self.ignoring else _("Nothing has been booked.")

    def moment(self, practitioner_id: UUID | None) -> Moment:
        """Return what can be had at exactly the wished start. What has just been is for the desk to put in."""
        at = self.at if self.asker.online else min(self.at, self.period.start)
        asker = replace(self.asker, any_time=not self.asker.online)
        wanted = self._wanted(practitioner_id)
        return read_moment(wanted=wanted, starts_at=self.period.start, at=at, asker=asker)

    def afterwards(self, practitioner_id: UUID | None = None) -> list[Slot]:
        """Return the next offers from the wished day on: with the same person if they have any, else with anyone."""
        for days, who in ((2, practitioner_id), (2, None), (14, practitioner_id), (14, None)):
            ahead = Period(self.period.start, self.period.start + timedelta(days=days))
            wanted = self._wanted(who)
            if found := find_slots(wanted=wanted, search=ahead, at=self.at, asker=self.asker):
                return found[:ALTERNATIVES]
        return []

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


def write_at_first_free(write: Callable[[Place], Written], *, places: list[Place], search: Search) -> Written:
    """Write the visit at the first place where nothing is in the way. Raises `SlotTaken`, saying what was.

    Each try locks what it claims and lets go of it before the next (`claim_time`, a trigger): whoever held two at a
    time could wait for somebody who waits for them.
    """
    busy: set[Taking] = set()
    for place in places:
        if place.takes & busy:
            continue
        with clash_of() as clash:
            written = write(place)
        if clash.kind is None:
            return written
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
    if is_closed_meanwhile(error):
        raise RecordClosed(_("This patient's record was closed in this moment.")) from error
    if getattr(cause, "sqlstate", "") == "40P01":
        return None
    raise error


def is_closed_meanwhile(error: Exception) -> bool:
    """Test whether Postgres refused to have somebody booked whose record was closed in the same moment."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == WHILE_ACTIVE


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
        Kind.ROOM: _("The room is taken at that time."),
        Kind.EQUIPMENT: _("The equipment for it is in use at that time."),
        Kind.SESSION: _("The group is full."),
        Kind.PATIENT: _("The patient has another visit at that time."),
    }
    return SlotTaken(
        f"{sentences[clash.kind or Kind.PRACTITIONER]} {search.nothing_done}",
        clash=clash.word,
        elsewhere=partial(search.afterwards, place.practitioner.pk),
    )


def not_offered(search: Search, *, reasons: Sequence[Obstacle], practitioner_id: UUID) -> NotOffered:
    kind = AlreadyBooked if all(reason.code in BOOKED for reason in reasons) else NotOffered
    sentences = " ".join(dict.fromkeys(reason.sentence for reason in reasons))
    elsewhere = partial(search.afterwards, practitioner_id)
    return kind(f"{sentences} {search.nothing_done}", reasons=reasons, elsewhere=elsewhere)


def nobody_is_free(search: Search, *, reasons: Sequence[Obstacle] = ()) -> NobodyIsFree:
    sentence = f"{_('Nobody is free at that time.')} {search.nothing_done}"
    return NobodyIsFree(sentence, reasons=reasons, elsewhere=search.afterwards)


def _clash_word(reasons: Sequence[Obstacle]) -> str:
    """Return what kind of thing is in the way, for those who only know of clashes."""
    taken = next((reason for reason in reasons if reason.code == "taken"), None)
    if taken is None:
        return "practitioner"
    return "room" if taken.room_id else "equipment"


def slot_on_the_wire(slot: Slot) -> dict[str, str | None]:
    return {
        "start_time": slot.starts_at.isoformat(),
        "end_time": slot.ends_at.isoformat(),
        "practitioner_id": str(slot.practitioner_id),
        "room_id": str(slot.room_id) if slot.room_id else None,
    }
