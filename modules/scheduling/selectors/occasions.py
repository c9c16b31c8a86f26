"""Many times looked at together: which are free, what is in the way of the others, and what is free near them.

As many queries for a year of visits as for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from kernel.periods import Period, as_utc, local_period
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.minutes import Frame, Span
from modules.scheduling.models import Claim, Kind
from modules.scheduling.selectors.blocked import as_span
from modules.scheduling.selectors.facts import DAY, Facts, read_facts
from modules.scheduling.selectors.obstacles import Obstacle, explained
from modules.scheduling.selectors.slots import slots_of
from modules.scheduling.selectors.wanted import Asker, Slot, Wanted, minute_of

MINUTE = timedelta(minutes=1)
DAYS_AROUND = 3
SAME_DAY = 3  # of the times that are offered instead
AT_ANY_TIME, AS_LISTED = Asker.desk(any_time=True), Asker.desk()


class Look(NamedTuple):
    """What was found at one time: where it can be had, or what is in the way and what is free nearby."""

    slots: tuple[Slot, ...]
    obstacles: tuple[Obstacle, ...]
    instead: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Occasions:
    """What was read for all of the times at once."""

    facts: Facts
    patient_busy: tuple[Span, ...]
    at: datetime

    def look(self, starts_at: datetime) -> Look:
        """Return what there is at one of the times."""
        starts_at = as_utc(starts_at)
        facts = narrowed(self.facts, Period(starts_at, starts_at + MINUTE))
        found = [slot for slot in slots_of(facts, at=self.at, asker=AT_ANY_TIME) if as_utc(slot.starts_at) == starts_at]
        slots = tuple(slot for slot in found if self._suits_patient(slot))
        if slots:
            return Look(slots, (), ())
        in_the_way = () if found else tuple(explained(facts, starts_at, at=self.at, asker=AT_ANY_TIME))
        if self._is_patient_busy(starts_at):
            sentence = _("The patient has another visit at that time.")
            in_the_way = (*in_the_way, Obstacle("patient-booked", sentence))
        return Look((), in_the_way, self.near(starts_at))

    def near(self, starts_at: datetime) -> tuple[Slot, ...]:
        """Return what is free instead: the nearest times of the same day, then one a day in the days after."""
        zone = next(iter(self.facts.zones.values()), None)
        if zone is None:
            return ()
        wished = starts_at.astimezone(zone)
        offered: list[Slot] = []
        for ahead in range(DAYS_AROUND + 1):
            day = wished.date() + ahead * DAY
            there = datetime.combine(day, wished.time(), zone)
            free = self.free_on(local_period(day, time.min, time.min, zone))
            free.sort(key=_nearest_to(there))
            offered += once_a_time(free)[: 1 if ahead else SAME_DAY]
        return tuple(offered)

    def free_on(self, day: Period) -> list[Slot]:
        """Return the times of a stretch that suit the patient, too."""
        found = slots_of(narrowed(self.facts, day), at=self.at, asker=AS_LISTED)
        return [slot for slot in found if self._suits_patient(slot)]

    def _suits_patient(self, slot: Slot) -> bool:
        visit = Span(minute_of(slot.starts_at), minute_of(slot.ends_at, up=True))
        return not any(span.meets(visit) for span in self.patient_busy)

    def _is_patient_busy(self, starts_at: datetime) -> bool:
        start = minute_of(starts_at)
        visit = Span(start, start + self.facts.wanted.shape.length)
        return any(span.meets(visit) for span in self.patient_busy)


def read_occasions(
    *, wanted: Wanted, span: Period, patient_id: UUID | None, at: datetime, ignoring: Collection[UUID] = ()
) -> Occasions:
    """Read all that decides about the times within `span` and some days after. `ignoring`: visits that will move."""
    search = Period(as_utc(span.start) - DAY, as_utc(span.end) + (DAYS_AROUND + 1) * DAY)
    facts = read_facts(replace(wanted, ignoring=frozenset(ignoring)), search)
    return Occasions(facts, _patient_busy(patient_id, search, ignoring), as_utc(at))


def narrowed(facts: Facts, search: Period) -> Facts:
    """Return the same facts for a shorter search."""
    shape = facts.wanted.shape
    around = search.widened(
        before=timedelta(minutes=shape.before), after=timedelta(minutes=shape.length + shape.after + 1)
    )
    frame = Frame(minute_of(around.start), minute_of(around.end, up=True))
    near = Span(frame.start - 1440, frame.end + 1440)
    return replace(
        facts,
        search=search,
        around=around,
        openings={key: [each for each in row if each.span.meets(near)] for key, row in facts.openings.items()},
        blocked={key: [each for each in row if each.span.meets(near)] for key, row in facts.blocked.items()},
        taken={
            key: {place: [span for span in row if span.meets(near)] for place, row in places.items()}
            for key, places in facts.taken.items()
        },
    )


def preferred(looks: Sequence[Look], named: Sequence[UUID]) -> list[Slot | None]:
    """Choose whom each free visit is with: in the order named, or whoever can take the most of them."""
    counts = Counter(slot.practitioner_id for look in looks for slot in look.slots)
    order = {practitioner_id: position for position, practitioner_id in enumerate(named)}

    def rank(slot: Slot) -> tuple[int, int, str]:
        return order.get(slot.practitioner_id, len(order)), -counts[slot.practitioner_id], str(slot.practitioner_id)

    return [min(look.slots, key=rank) if look.slots else None for look in looks]


def _nearest_to(moment: datetime) -> Callable[[Slot], tuple[float, datetime]]:
    return lambda slot: (abs((slot.starts_at - moment).total_seconds()), slot.starts_at)


def once_a_time(slots: Sequence[Slot]) -> list[Slot]:
    """Return one slot for each start, the first."""
    return list({slot.starts_at: slot for slot in reversed(slots)}.values())[::-1]


def _patient_busy(patient_id: UUID | None, search: Period, ignoring: Collection[UUID]) -> tuple[Span, ...]:
    if patient_id is None:
        return ()
    claims = Claim.objects.filter(kind=Kind.PATIENT, resource_id=patient_id, during__overlap=as_range(search))
    taken = claims.exclude(appointment_id__in=list(ignoring)).values_list("during", flat=True)
    return tuple(as_span(as_period(during)) for during in taken)
