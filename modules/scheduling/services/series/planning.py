"""What a series would be, visit by visit, before anything is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from kernel.periods import Period, as_utc
from modules.crm import public as crm
from modules.scheduling.domain.series import Occasion, occasions_of
from modules.scheduling.models import Location, Practitioner, Room
from modules.scheduling.selectors import Look, Slot, Wanted, preferred, read_occasions
from modules.scheduling.services.placing.clashes import slot_on_the_wire
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import (
    LATEST_START,
    Services,
    check_own_calendar,
    check_room,
    read_patient,
    services_named,
    wrong,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWish:
    """Visits that follow a rule on the wall clock. Of several practitioners, each visit is with one of them.

    `length` in minutes replaces the services' own; `package_id` is what pays for them.
    """

    patient_id: UUID | None
    service_ids: tuple[UUID, ...]
    rule: str
    first_day: date
    starts: time
    practitioner_ids: tuple[UUID, ...] = ()
    room_id: UUID | None = None
    length: int | None = None
    remark: str = ""
    tell: Tell = Tell.SOON
    package_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit of a plan: free, or what is in its way and when it could be instead.

    `appointment_id` is the visit that is already booked, where a series is changed.
    """

    occasion: Occasion
    starts_at: datetime
    ends_at: datetime
    slot: Slot | None
    look: Look
    appointment_id: UUID | None = None

    @property
    def number(self) -> int:
        return self.occasion.number

    @property
    def instead(self) -> tuple[Slot, ...]:
        return self.look.instead

    @property
    def in_the_way(self) -> list[str]:
        """What is in the way, in sentences; nobody else's name is in them."""
        return list(dict.fromkeys(obstacle.sentence for obstacle in self.look.obstacles))

    def is_free_with(self, practitioner_id: UUID) -> bool:
        return any(slot.practitioner_id == practitioner_id for slot in self.look.slots)

    def on_the_wire(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "start_time": self.starts_at.isoformat(),
            "end_time": self.ends_at.isoformat(),
            "is_free": self.slot is not None,
            "practitioner_id": str(self.slot.practitioner_id) if self.slot else None,
            "room_id": str(self.slot.room_id) if self.slot and self.slot.room_id else None,
            "appointment_id": str(self.appointment_id) if self.appointment_id else None,
            "reasons": [{"code": each.code, "detail": each.sentence} for each in self.look.obstacles],
            "alternatives": [slot_on_the_wire(slot) for slot in self.instead],
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """What all visits of a series have in common, read and checked."""

    patient: crm.PatientCard
    services: Services
    practitioners: tuple[Practitioner, ...]  # none: whoever is free
    room: Room | None
    location: Location
    length: timedelta

    def wanted(self) -> Wanted:
        named = frozenset(practitioner.pk for practitioner in self.practitioners)
        return Wanted(
            services=self.services.all,
            practitioner_ids=named or None,
            room_id=self.room.pk if self.room else None,
            length=int(self.length.total_seconds() // 60),
        )


def plan_series(*, wish: SeriesWish, by: Any, at: datetime) -> list[PlannedVisit]:
    """Return every visit of the series as it could be booked now.

    Raises `CannotBook`, `NotAllowed`, `RuleRefused` or `SeriesRefused`.
    """
    terms = read_terms(wish, by=by)
    return plan_as_wished(terms, occasions=read_rule(wish, terms=terms, at=at), at=at)


Occurrence = tuple[Occasion, datetime]  # what the rule has, and when it is to be


def plan_as_wished(terms: Terms, *, occasions: Iterable[Occasion], at: datetime) -> list[PlannedVisit]:
    """Look at visits where the rule has them."""
    wished = [(occasion, occasion.starts_at(terms.location.zone)) for occasion in occasions]
    return plan_visits(terms, occurrences=wished, at=at)


def plan_visits(
    terms: Terms, *, occurrences: Sequence[Occurrence], at: datetime, moving: Mapping[int, UUID] | None = None
) -> list[PlannedVisit]:
    """Look at all of them together. `moving` are the visits that will go there, by their number."""
    moving, zone = moving or {}, terms.location.zone
    if not occurrences:
        return []
    starts = [as_utc(start) for _occasion, start in occurrences]
    known = read_occasions(
        wanted=terms.wanted(),
        span=Period(min(starts), max(starts) + terms.length),
        patient_id=terms.patient.id,
        at=at,
        ignoring=list(moving.values()),
    )
    looks = [known.look(start) for start in starts]
    slots = preferred(looks, [practitioner.pk for practitioner in terms.practitioners])
    return [
        PlannedVisit(
            occasion,
            start.astimezone(zone),
            (start + terms.length).astimezone(zone),
            slot,
            look,
            moving.get(occasion.number),
        )
        for (occasion, _start), start, look, slot in zip(occurrences, starts, looks, slots, strict=True)
    ]


def read_terms(wish: SeriesWish, *, by: Any) -> Terms:
    """Read what all visits have in common. Raises `CannotBook` or `NotAllowed`."""
    if not wish.service_ids:
        raise wrong(_("Choose a service."), at="service_id")
    services = services_named(wish.service_ids)
    check_room(wish.room_id, services=services)
    room = Room.objects.select_related("location").get(pk=wish.room_id) if wish.room_id else None
    location = room.location if room else Location.objects.order_by("pk").first()
    if location is None:
        raise wrong(_("The practice has no location yet. Add one in the settings."), at="room_id")
    return Terms(
        patient=read_patient(wish.patient_id, by=by),
        services=services,
        practitioners=read_practitioners(wish.practitioner_ids, services=services, by=by),
        room=room,
        location=location,
        length=timedelta(minutes=wish.length) if wish.length else services.length,
    )


def read_practitioners(ids: Iterable[UUID], *, services: Services, by: Any) -> tuple[Practitioner, ...]:
    """Return those named, in that order. Raises `CannotBook`, or `NotAllowed` for a colleague's calendar."""
    performing = {practitioner.pk: practitioner for practitioner in services.performers()}
    named = list(dict.fromkeys(ids))
    if not named and reach_of(by, "scheduling.book") is Reach.CARE:
        named = [pk for pk, practitioner in performing.items() if practitioner.user_id == by.pk]
    if any(each not in performing for each in named):
        raise wrong(_("Nobody of that name performs this service here."), at="practitioner_id")
    for each in named:
        check_own_calendar(performing[each], by=by)
    return tuple(performing[each] for each in named)


def read_rule(wish: SeriesWish, *, terms: Terms, at: datetime) -> list[Occasion]:
    """Return the visits that the rule makes. Raises `CannotBook`, `RuleRefused` or `SeriesRefused`."""
    occasions = occasions_of(wish.rule, datetime.combine(wish.first_day, wish.starts))
    zone = terms.location.zone
    if occasions[0].starts_at(zone) < at:
        raise wrong(_("That time has passed."), at="first_day")
    if occasions[-1].starts_at(zone) > at + LATEST_START:
        raise wrong(_("That is more than two years away."), at="first_day")
    return occasions
