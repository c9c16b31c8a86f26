"""Why is this time not offered? Answered from the facts that decide about it, and without saying whose visit it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel.periods import Period, as_utc, local_period
from modules.scheduling.domain.hours import Offered
from modules.scheduling.domain.minutes import Span, merged
from modules.scheduling.models import BlockKind
from modules.scheduling.selectors.blocked import Blocked, as_span
from modules.scheduling.selectors.facts import Facts, Kind, read_facts
from modules.scheduling.selectors.gathered import Person, Thing
from modules.scheduling.selectors.slots import (
    could_be_offered,
    grid_of,
    last_moment,
    limit_reached,
    opened_to,
    slots_of,
    wanted_starts,
)
from modules.scheduling.selectors.wanted import Asker, Wanted, minute_of

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way, as a sentence with its times. What it is about is named by an id, if it is about one."""

    code: str
    sentence: str
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    equipment_id: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def obstacles(*, wanted: Wanted, starts_at: datetime, at: datetime, asker: Asker) -> list[Obstacle]:
    """Return what keeps this start from being offered; nothing if `find_slots` offers it."""
    starts_at, at = as_utc(starts_at), as_utc(at)
    facts = read_facts(wanted, Period(starts_at, starts_at + MINUTE))
    found = slots_of(facts, at=at, asker=asker) if could_be_offered(wanted, asker) else []
    if any(as_utc(slot.starts_at) == starts_at for slot in found):
        return []
    return explained(facts, starts_at, at=at, asker=asker)


def explained(facts: Facts, starts_at: datetime, *, at: datetime, asker: Asker) -> list[Obstacle]:
    """Return everything among the facts that stands in the way of somebody, or of all."""
    found = [*_rules(facts, starts_at, at=at, asker=asker), *_Why(facts, starts_at, asker).all()]
    return list(dict.fromkeys(found))  # a closure is in everybody's way, and said once


def _rules(facts: Facts, starts_at: datetime, *, at: datetime, asker: Asker) -> Iterator[Obstacle]:
    """Yield the rules of booking that are in the way, whoever would perform it."""
    wanted = facts.wanted
    zone = next(iter(facts.zones.values()), ZoneInfo("UTC"))
    if asker.online and wanted.offered == Offered.CONTACT:
        yield Obstacle("contact", _("This is booked by getting in touch, and not online."))
    elif asker.online and wanted.offered == Offered.STAFF:
        yield Obstacle("staff-only", _("This is booked by staff only."))
    if not wanted.is_for(asker):
        sentence = _("This is for new patients only.") if asker.known else _("This is for known patients only.")
        yield Obstacle("audience", sentence)
    if starts_at < at:
        yield Obstacle("past", _("That time has passed."))
    elif asker.online and starts_at < at + wanted.notice:
        earliest = _moment(at + wanted.notice, zone)
        yield Obstacle("notice", _("That is at short notice: online, from %(when)s on.") % {"when": earliest})
    elif asker.online and starts_at >= last_moment(wanted, zone, at=at):
        last = _moment(last_moment(wanted, zone, at=at) - MINUTE, zone)
        yield Obstacle("horizon", _("That is too far ahead: online, until %(when)s.") % {"when": last})
    elif not _is_wished(facts, starts_at, zone, at=at, asker=asker):
        yield Obstacle("wish", _("That is not within the days and times asked for."))


def _is_wished(facts: Facts, starts_at: datetime, zone: ZoneInfo, *, at: datetime, asker: Asker) -> bool:
    start = minute_of(starts_at, up=True)
    return any(span.start <= start < span.end for span in wanted_starts(facts, zone, at=at, asker=asker))


class _Why:
    """What is in the way of each person, and of rooms and equipment where somebody could."""

    def __init__(self, facts: Facts, starts_at: datetime, asker: Asker) -> None:
        self.facts, self.starts_at, self.asker = facts, starts_at, asker
        self.start, shape = minute_of(starts_at, up=True), facts.wanted.shape
        self.visit = Span(self.start, self.start + shape.length)
        self.whole = Span(self.start - shape.before, self.visit.end + shape.after)

    def all(self) -> list[Obstacle]:
        if not self.facts.people:
            return [Obstacle("nobody", _("Nobody performs this."))]
        found = [obstacle for person in self.facts.people for obstacle in self._of_person(person)]
        for place in self._places_to_hold_it():
            found += self._of_rooms(place)
            for kind in self.facts.kinds:
                found += self._of_kind(kind, place)
        return found

    def _places_to_hold_it(self) -> list[UUID]:
        return [
            place for place in self.facts.zones if any(self._works(person.id, place) for person in self.facts.people)
        ]

    def _works(self, practitioner: UUID, place: UUID) -> bool:
        opened = merged(opened_to(self.facts, practitioner, place, self.asker))
        return any(span.start <= self.visit.start and self.visit.end <= span.end for span in opened)

    def _of_person(self, person: Person) -> Iterator[Obstacle]:
        places = [place for place in self.facts.zones if self._works(person.id, place)]
        if not places:
            yield self._not_working(person)
        for place in places:
            yield from self._at_place(person, place)
        zone = self.facts.zones[places[0]] if places else self._zone
        for blocked in self._met(self.facts.blocked.get(person.id, ())):
            yield self._blocked(person, blocked, zone)
        taken = [span for spans in self.facts.taken.get(person.id, {}).values() for span in spans]
        for span in sorted(span for span in taken if span.meets(self.whole)):
            sentence = _("%(name)s is booked %(times)s.") % {"name": person.name, "times": _times(span, zone)}
            yield self._during("booked", sentence, span, zone, practitioner_id=person.id)

    def _at_place(self, person: Person, place: UUID) -> Iterator[Obstacle]:
        zone = self.facts.zones[place]
        for closed in self.facts.blocked.get(place, ()):
            if closed.span.meets(self.visit):
                sentence = _("It is closed %(times)s.") % {"times": _times(closed.span, zone)}
                yield self._during("closure", sentence, closed.span, zone)
        day = as_span(local_period(self.starts_at.astimezone(zone).date(), time.min, time.min, zone))
        if limit := limit_reached(self.facts, person, day):
            sentence = _("%(name)s has as many visits that day as are allowed: %(limit)d.")
            yield Obstacle("daily-limit", sentence % {"name": person.name, "limit": limit}, practitioner_id=person.id)
        opened = opened_to(self.facts, person.id, place, self.asker)
        if self.starts_at.second or self.starts_at.microsecond or not self._on_grid(opened):
            sentence = _("Times with %(name)s are every %(step)d minutes from the beginning of their hours.")
            words = {"name": person.name, "step": self.facts.wanted.step}
            yield Obstacle("step", sentence % words, practitioner_id=person.id)

    def _on_grid(self, opened: tuple[Span, ...]) -> bool:
        return bool(grid_of(self.facts, opened, self.asker) >> (self.start - self.facts.frame.start) & 1)

    def _not_working(self, person: Person) -> Obstacle:
        """Say when they do work that day, and whether what keeps it is only that it is not for booking online."""
        others = {
            offered
            for (who, _place), openings in self.facts.openings.items()
            for span, offered in openings
            if who == person.id and span.start <= self.visit.start and self.visit.end <= span.end
        }
        if others:
            sentence = _("%(name)s does not offer this time online.")
            return Obstacle("hours-not-online", sentence % {"name": person.name}, practitioner_id=person.id)
        hours = self._hours_that_day(person)
        if not hours:
            sentence = _("%(name)s does not work that day.") % {"name": person.name}
        else:
            sentence = _("%(name)s works %(hours)s that day.") % {"name": person.name, "hours": ", ".join(hours)}
        return Obstacle("hours", sentence, practitioner_id=person.id)

    def _hours_that_day(self, person: Person) -> list[str]:
        hours = []
        for place, zone in self.facts.zones.items():
            day = as_span(local_period(self.starts_at.astimezone(zone).date(), time.min, time.min, zone))
            opened = merged(opened_to(self.facts, person.id, place, self.asker))
            hours += [_times(span, zone) for span in opened if span.meets(day)]
        return hours

    def _blocked(self, person: Person, blocked: Blocked, zone: ZoneInfo) -> Obstacle:
        words = {"name": person.name, "times": _times(blocked.span, zone)}
        about = {
            BlockKind.LEAVE: ("leave", _("%(name)s is away %(times)s.")),
            BlockKind.BREAK: ("break", _("%(name)s has a break %(times)s.")),
            BlockKind.PERSONAL: ("block", _("%(name)s has blocked %(times)s.")),
        }
        elsewhere = ("elsewhere", _("%(name)s is busy elsewhere %(times)s."))
        code, sentence = about.get(blocked.kind, elsewhere) if blocked.kind else elsewhere
        if self.asker.online:
            code, sentence = "away", _("%(name)s cannot be booked %(times)s.")
        return self._during(code, sentence % words, blocked.span, zone, practitioner_id=person.id)

    def _of_rooms(self, place: UUID) -> Iterator[Obstacle]:
        if not self.facts.wanted.needs_room:
            return
        rooms = [room for room in self.facts.rooms if room.location_id == place]
        if not rooms:
            yield Obstacle("room", _("No room here suits this."))
        elif not any(self._has_place(room) for room in rooms):
            for room in rooms:
                yield from self._of_thing(room, place, room_id=room.id)

    def _of_kind(self, kind: Kind, place: UUID) -> Iterator[Obstacle]:
        pieces = [piece for piece in kind.pieces if piece.location_id == place]
        if not pieces:
            yield Obstacle("equipment", _("It needs %(kind)s, and there is none here.") % {"kind": kind.name})
        elif not any(self._has_place(piece) for piece in pieces):
            for piece in pieces:
                yield from self._of_thing(piece, place, equipment_id=piece.id)

    def _has_place(self, thing: Thing) -> bool:
        places = self.facts.taken.get(thing.id, {})
        out = any(self._met(self.facts.blocked.get(thing.id, ())))
        return not out and any(
            not any(span.meets(self.whole) for span in places.get(place, ())) for place in range(1, thing.capacity + 1)
        )

    def _of_thing(
        self, thing: Thing, place: UUID, *, room_id: UUID | None = None, equipment_id: UUID | None = None
    ) -> Iterator[Obstacle]:
        zone, taken = self.facts.zones[place], self.facts.taken.get(thing.id, {})
        for out in self._met(self.facts.blocked.get(thing.id, ())):
            sentence = _("%(name)s is in maintenance %(times)s.") % {
                "name": thing.name,
                "times": _times(out.span, zone),
            }
            yield self._during("maintenance", sentence, out.span, zone, room_id=room_id, equipment_id=equipment_id)
        spans = [span for at_place in taken.values() for span in at_place if span.meets(self.whole)]
        for span in merged(spans):
            sentence = _("%(name)s is taken %(times)s.") % {"name": thing.name, "times": _times(span, zone)}
            yield self._during("taken", sentence, span, zone, room_id=room_id, equipment_id=equipment_id)

    def _met(self, blocked: Iterable[Blocked]) -> Iterator[Blocked]:
        return (each for each in blocked if each.span.meets(self.whole))

    @property
    def _zone(self) -> ZoneInfo:
        return next(iter(self.facts.zones.values()), ZoneInfo("UTC"))

    def _during(
        self,
        code: str,
        sentence: str,
        span: Span,
        zone: ZoneInfo,
        *,
        practitioner_id: UUID | None = None,
        room_id: UUID | None = None,
        equipment_id: UUID | None = None,
    ) -> Obstacle:
        starts_at, ends_at = (datetime.fromtimestamp(minute * 60, zone) for minute in span)
        return Obstacle(code, sentence, practitioner_id, room_id, equipment_id, starts_at, ends_at)


def _times(span: Span, zone: ZoneInfo) -> str:
    """Return "from 10:00 to 10:45", "on Fri 25 Dec" for a whole day, or the days where it is not all on one."""
    start, end = (datetime.fromtimestamp(minute * 60, zone) for minute in span)
    last = (end - MINUTE).date()
    if start.time() == end.time() == time.min:
        words = {"start": date_format(start, "D j M"), "end": date_format(last, "D j M")}
        return (_("on %(start)s") if start.date() == last else _("from %(start)s to %(end)s")) % words
    if start.date() == last:
        return _("from %(start)s to %(end)s") % {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
    return _("from %(start)s to %(end)s") % {"start": _moment(start, zone), "end": _moment(end, zone)}


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "D j M, H:i")
