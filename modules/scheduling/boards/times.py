"""When people work, and when they, a room or the whole place cannot be had: what a calendar draws behind the visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kernel.periods import Period
from modules.scheduling.boards.held import held_times
from modules.scheduling.boards.visits import Resource
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.wall_clock import days_of
from modules.scheduling.models import KIND_LABELS, BlockKind, Location
from modules.scheduling.selectors.blocked import Blocked, blocked_by_target
from modules.scheduling.selectors.facts import openings_among
from modules.scheduling.selectors.gathered import gather
from modules.scheduling.selectors.wanted import Wanted


class Titled(NamedTuple):
    """A time that is blocked, and what it is called."""

    period: Period
    title: str


@dataclass(frozen=True, slots=True)
class Times:
    """By practitioner when they work; by practitioner or room when they are blocked, and when all are."""

    hours: dict[UUID, list[Period]]
    blocked: dict[UUID, list[Titled]]
    closed: list[Titled]

    def worked_days(self, zone: ZoneInfo) -> Iterator[tuple[date, Period]]:
        """Yield the days on which anybody works, with the hours of each."""
        for periods in self.hours.values():
            for period in periods:
                for day in days_of(period, zone):
                    yield day, period


def read_times(
    people: Collection[Resource], places: Collection[Resource], location: Location, search: Period, *, at: datetime
) -> Times:
    """Read what lies behind the visits of these people and rooms."""
    ids, rooms = ([each.id for each in of if each.id] for of in (people, places))
    found = gather(Wanted((), practitioner_ids=frozenset(ids)), search, things=rooms)
    _zones, openings = openings_among(found, location.pk, search)
    blocked = blocked_by_target(found.blocks, found.elsewhere, search)
    hours: dict[UUID, list[Period]] = defaultdict(list)
    for (who, _place), stretches in openings.items():
        hours[who] += [_period(each.span) for each in stretches]
    titled = {target: [_titled(each) for each in blocks] for target, blocks in blocked.items()}
    for target, kept in _held(ids, rooms, location, search, at=at):
        titled.setdefault(target, []).append(kept)
    return Times(dict(hours), titled, titled.pop(location.pk, []))


def _held(
    people: Collection[UUID], rooms: Collection[UUID], location: Location, search: Period, *, at: datetime
) -> Iterator[tuple[UUID, Titled]]:
    """Yield what is kept for people who are booking online now, without a word about who they are."""
    for held in held_times(practitioners=people, rooms=rooms, search=search, at=at):
        title = _("Being booked online, until %(clock)s") % {"clock": f"{held.until.astimezone(location.zone):%H:%M}"}
        for target in (held.practitioner_id, held.room_id):
            if target is not None:
                yield target, Titled(held.period, title)


def _titled(blocked: Blocked) -> Titled:
    title = _("Busy elsewhere") if blocked.kind is None else str(KIND_LABELS[BlockKind(blocked.kind)])
    return Titled(_period(blocked.span), title)


def _period(span: Span) -> Period:
    return Period(*(datetime.fromtimestamp(minute * 60, UTC) for minute in span))
