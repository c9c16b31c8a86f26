"""The free times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period, as_utc, local_period
from modules.scheduling.domain.availability import Calendar, Offer, Resource, Shape, offers
from modules.scheduling.domain.hours import Offered
from modules.scheduling.domain.minutes import Frame, Span, combed, painted
from modules.scheduling.selectors.blocked import as_span
from modules.scheduling.selectors.facts import DAY, Facts, read_facts
from modules.scheduling.selectors.gathered import Person, Thing
from modules.scheduling.selectors.wanted import LONGEST_SEARCH, Asker, Slot, Wanted, minute_of

FIVE_MINUTES = 5  # between the starts that the desk may choose
FIRST_LOOK = timedelta(days=8)


def find_slots(*, wanted: Wanted, search: Period, at: datetime, asker: Asker) -> list[Slot]:
    """Return the times within `search` at which this can be had, in order; of those at one time, people by name."""
    if not could_be_offered(wanted, asker):
        return []
    return slots_of(read_facts(wanted, search), at=at, asker=asker)


def next_free(*, wanted: Wanted, after: datetime, at: datetime, asker: Asker, most: int = 1) -> list[Slot]:
    """Return the first `most` times from `after` on, as far ahead as may be booked at all."""
    after, at = as_utc(after), as_utc(at)
    end, look = at + wanted.horizon + DAY, FIRST_LOOK
    while after < end:
        until = min(after + look, end)
        if found := find_slots(wanted=wanted, search=Period(after, until), at=at, asker=asker):
            return found[:most]
        after, look = until, min(look * 4, LONGEST_SEARCH * 4)
    return []


def slots_at(*, wanted: Wanted, starts_at: datetime, at: datetime, asker: Asker) -> list[Slot]:
    """Return with whom, where and with what this can be had at exactly that start."""
    moment = as_utc(starts_at)
    search = Period(moment, moment + timedelta(minutes=1))
    found = find_slots(wanted=wanted, search=search, at=at, asker=asker)
    return [slot for slot in found if as_utc(slot.starts_at) == moment]


def could_be_offered(wanted: Wanted, asker: Asker) -> bool:
    """Test whether the services are offered to somebody like this at all, whatever the time."""
    if asker.online and any(service.is_group for service in wanted.services):
        return False  # its groups are, each with its places
    return not asker.online or (wanted.offered == Offered.ONLINE and wanted.is_for(asker))


def slots_of(facts: Facts, *, at: datetime, asker: Asker) -> list[Slot]:
    """Return the free times among the facts that were read."""
    at = as_utc(at)
    found = offers(
        frame=facts.frame,
        shape=facts.wanted.shape,
        calendars=_calendars(facts, at=at, asker=asker),
        rooms=_rooms(facts) if facts.wanted.needs_room else None,
        equipment=_equipment(facts),
    )
    return _slots(found, facts.wanted.shape, facts.zones)


def _slots(found: list[Offer], shape: Shape, zones: dict[UUID, ZoneInfo]) -> list[Slot]:
    moments: dict[tuple[int, UUID], tuple[datetime, datetime]] = {}
    slots = []
    for start, practitioner, location, room, equipment in found:
        known = moments.get((start, location))
        if known is None:
            zone = zones[location]
            end = start + shape.length
            known = datetime.fromtimestamp(start * 60, zone), datetime.fromtimestamp(end * 60, zone)
            moments[start, location] = known
        slots.append(Slot(known[0], known[1], practitioner, room, location, equipment))
    return slots


def _calendars(facts: Facts, *, at: datetime, asker: Asker) -> list[Calendar]:
    frame, by_location = facts.frame, {}
    for place, zone in facts.zones.items():
        closed = painted((each.span for each in facts.blocked.get(place, ())), frame)
        by_location[place] = closed, painted(wanted_starts(facts, zone, at=at, asker=asker), frame)
    drawn: dict[tuple[Span, ...], tuple[int, int]] = {}  # colleagues often share their hours
    calendars = []
    for person in facts.people:
        busy = painted(busy_spans(facts, person.id), frame)
        for place, zone in facts.zones.items():
            opened = opened_to(facts, person.id, place, asker)
            if opened:
                if opened not in drawn:
                    drawn[opened] = painted(opened, frame), grid_of(facts, opened, asker)
                (hours, grid), (closed, starts) = drawn[opened], by_location[place]
                full = painted(full_days(facts, person, zone), frame)
                calendars.append(Calendar(person.id, place, hours & ~closed, grid & starts & ~full, busy))
    return calendars


def opened_to(facts: Facts, practitioner: UUID, location: UUID, asker: Asker) -> tuple[Span, ...]:
    """Return the hours of somebody at a location that this asker may book."""
    openings = facts.openings.get((practitioner, location), ())
    return tuple(span for span, offered in openings if not asker.online or offered == Offered.ONLINE)


def busy_spans(facts: Facts, practitioner: UUID) -> list[Span]:
    taken = facts.taken.get(practitioner, {})
    return [span for place in taken.values() for span in place] + [
        each.span for each in facts.blocked.get(practitioner, ())
    ]


def grid_of(facts: Facts, opened: tuple[Span, ...], asker: Asker) -> int:
    """Return the starts that are listed: every step from the opening, and each five minutes for the desk."""
    frame, grid = facts.frame, 0
    for span in opened:
        grid |= combed(span, facts.wanted.step, frame)
    if asker.any_time and not asker.online:
        grid |= combed(Span(frame.start - frame.start % FIVE_MINUTES, frame.end), FIVE_MINUTES, frame)
    return grid


def wanted_starts(facts: Facts, zone: ZoneInfo, *, at: datetime, asker: Asker) -> Iterator[Span]:
    """Yield when a visit may begin: within the search, the rules of online booking, and the wished days and times."""
    wanted, search = facts.wanted, facts.search
    first = max(search.start, at + wanted.notice if asker.online else at)
    last = min(search.end, last_moment(wanted, zone, at=at)) if asker.online else search.end
    whole = Span(minute_of(first, up=True), minute_of(last, up=True))
    if wanted.weekdays is None and wanted.between is None:
        yield whole
        return
    starts, ends = wanted.between or (time.min, time.min)
    for day in facts.days_in(zone, margin=DAY):
        if wanted.weekdays is None or day.weekday() in wanted.weekdays:
            wished = as_span(local_period(day, starts, ends, zone))
            yield Span(max(wished.start, whole.start), min(wished.end, whole.end))


def last_moment(wanted: Wanted, zone: ZoneInfo, *, at: datetime) -> datetime:
    """Return the end of the last day that may be booked online."""
    day = (at + wanted.horizon).astimezone(zone).date() + DAY
    return as_utc(datetime.combine(day, time.min, zone))


def full_days(facts: Facts, person: Person, zone: ZoneInfo) -> Iterator[Span]:
    """Yield the local days on which somebody has as many visits as they or a service allow."""
    if not facts.visits:
        return
    for day in facts.days_in(zone):
        midnight = as_span(local_period(day, time.min, time.min, zone))
        if limit_reached(facts, person, midnight):
            yield midnight


def limit_reached(facts: Facts, person: Person, day: Span) -> int | None:
    """Return the daily limit that somebody has reached on a day, if they have."""
    counts: Counter[UUID] = Counter()
    for who, service_id, visits in facts.visits:
        if who == person.id:
            counts[service_id] += sum(day.start <= visit.start < day.end for visit in visits)
    if person.daily_limit is not None and counts.total() >= person.daily_limit:
        return person.daily_limit
    for service in facts.wanted.services:
        if service.daily_limit is not None and counts[service.pk] >= service.daily_limit:
            return service.daily_limit
    return None


def _rooms(facts: Facts) -> dict[UUID, list[Resource]]:
    by_location: dict[UUID, list[Resource]] = {}
    for room in facts.rooms:
        by_location.setdefault(room.location_id, []).append(_resource(facts, room, facts.frame))
    return by_location


def _equipment(facts: Facts) -> dict[UUID, list[list[Resource]]]:
    frame = facts.frame
    return {
        place: [
            [_resource(facts, piece, frame) for piece in kind.pieces if piece.location_id == place]
            for kind in facts.kinds
        ]
        for place in facts.zones
    }


def _resource(facts: Facts, thing: Thing, frame: Frame) -> Resource:
    return Resource(thing.id, [painted(spans, frame) for spans in busy_places(facts, thing)])


def busy_places(facts: Facts, thing: Thing) -> list[list[Span]]:
    """Return what is busy at each place of a room or piece of equipment; maintenance takes them all."""
    taken = facts.taken.get(thing.id, {})
    out_of_use = [each.span for each in facts.blocked.get(thing.id, ())]
    return [[*taken.get(place, ()), *out_of_use] for place in range(1, thing.capacity + 1)]
