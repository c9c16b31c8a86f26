"""How each practitioner's day divides, as a strip of a thousand parts; and the gaps in it that are worth filling."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period, local_period
from modules.scheduling.boards.cards import Card
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.selectors import Parts

WHOLE = 1000
GAPS_SHOWN = 6
SHORTEST_GAP = 10  # minutes; what is left between visits anyway is no gap
HOUR = timedelta(hours=1)
AXIS = (4, 5, 6)  # how many labels there may be
KINDS = {
    Status.COMPLETED: "done",
    Status.IN_PROGRESS: "now",
    Status.NO_SHOW: "missed",
    Status.REQUESTED: "provisional",
    Status.RESERVED: "provisional",
    Status.OFFERED: "provisional",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a strip: `x` and `width` in thousandths of it."""

    kind: str  # off, blocked, done, now, over, booked, provisional, missed, group
    x: int
    width: int


@dataclass(slots=True)
class Strip:
    """A practitioner's day. `booked` is the share of their hours that is taken, in per cent."""

    practitioner: Practitioner
    stretches: list[Stretch]
    visits: int
    booked: int | None
    next: Card | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of somebody's time that nobody has, and a service that fits."""

    starts_at: datetime
    minutes: int
    practitioner: Practitioner
    service_id: UUID
    service: str

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"

    @property
    def until(self) -> str:
        return f"{self.starts_at + timedelta(minutes=self.minutes):%H:%M}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What all strips of a day lie in: whole hours around everybody's."""

    period: Period
    zone: ZoneInfo

    @property
    def ticks(self) -> list[str]:
        """Labels for the equal parts of the axis, where each begins."""
        parts = _parts(self.period)
        part = self.period.length / parts
        return [f"{(self.period.start + part * nth).astimezone(self.zone):%H:%M}" for nth in range(parts)]

    def at(self, moment: datetime) -> int:
        inside = min(max(moment, self.period.start), self.period.end)
        return round((inside - self.period.start) / self.period.length * WHOLE)

    def stretch(self, kind: str, period: Period) -> Stretch | None:
        x, end = self.at(period.start), self.at(period.end)
        return Stretch(kind, x, end - x) if end > x else None


def frame_of(day: date, zone: ZoneInfo, *, parts: Iterable[Parts], cards: Iterable[Card]) -> Frame:
    """Return the whole hours that anything of the day lies in."""
    whole = local_period(day, time(0), time(0), zone)
    worked = [period for each in parts for periods in (each.free, each.busy, each.blocked) for period in periods]
    taken = [Period(card.starts_at, card.ends_at) for card in cards]
    usual = local_period(day, time(9), time(17), zone)
    start = min([usual.start, *(period.start for period in worked + taken)])
    end = max([usual.end, *(period.end for period in worked + taken)])
    period = Period(max(_whole_hour(start), whole.start), min(_whole_hour(end, up=True), whole.end))
    while period.end < whole.end and not _parts_evenly(period):
        period = Period(period.start, period.end + HOUR)
    return Frame(period, zone)


def _parts_evenly(period: Period) -> bool:
    return any(period.length % (parts * HOUR) == timedelta() for parts in AXIS)


def _parts(period: Period) -> int:
    """Return into how many parts of whole hours the axis is cut; on a day that has none, into the fewest."""
    return max((parts for parts in AXIS if period.length % (parts * HOUR) == timedelta()), default=AXIS[0])


def strip_of(
    practitioner: Practitioner,
    *,
    cards: Collection[Card],
    groups: Collection[Period],
    parts: Parts | None,
    frame: Frame,
    at: datetime,
) -> Strip:
    drawn = [] if parts is None else [frame.stretch("off", period) for period in parts.off]
    drawn += [] if parts is None else [frame.stretch("blocked", period) for period in parts.blocked]
    drawn += [frame.stretch("group", period) for period in groups]
    for card in cards:
        drawn.append(frame.stretch(_kind(card), Period(card.starts_at, card.ends_at)))
        if card.over:
            drawn.append(frame.stretch("over", Period(card.ends_at, at)))
    coming = [card for card in cards if card.status in {Status.SCHEDULED, Status.CONFIRMED, Status.CHECKED_IN}]
    held = sum(card.status != Status.NO_SHOW for card in cards)
    return Strip(
        practitioner, [each for each in drawn if each], held, _booked(parts), min(coming, key=_turn, default=None)
    )


def gaps_worth_filling(
    parts: Mapping[UUID, Parts],
    people: Mapping[UUID, Practitioner],
    *,
    offered: Mapping[UUID, list[Service]],
    after: datetime,
    zone: ZoneInfo,
) -> list[Gap]:
    """Return what is still free in the day, the next first: where the longest service that fits could be held."""
    gaps = []
    for person, each in parts.items():
        for free in each.free:
            starts_at = max(free.start, _whole_minutes(after))
            minutes = int((free.end - starts_at).total_seconds() // 60)
            fitting = [service for service in offered.get(person, ()) if _length(service) <= minutes]
            if minutes >= SHORTEST_GAP and fitting and person in people:
                best = max(fitting, key=_length)
                gaps.append(Gap(starts_at.astimezone(zone), minutes, people[person], best.pk, best.name))
    return sorted(gaps, key=lambda gap: gap.starts_at)


def _length(service: Service) -> int:
    return service.buffer_before + service.duration + service.buffer_after


def _kind(card: Card) -> str:
    return KINDS.get(Status(card.status), "booked")


def _turn(card: Card) -> tuple[bool, datetime]:
    """Who is here goes before who is only due."""
    return card.status != Status.CHECKED_IN, card.starts_at


def _booked(parts: Parts | None) -> int | None:
    if parts is None:
        return None
    busy, free = (sum((period.length for period in each), timedelta()) for each in (parts.busy, parts.free))
    return round(busy / (busy + free) * 100) if busy + free else None


def _whole_hour(moment: datetime, *, up: bool = False) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole + HOUR if up and whole != moment else whole


def _whole_minutes(moment: datetime) -> datetime:
    """Return the next five minutes: nobody is booked for 10:03."""
    past = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not past else moment - past + timedelta(minutes=5)
