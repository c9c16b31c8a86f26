"""What is blocked: leave, breaks, closures, maintenance, and what calendars elsewhere say, each time it happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from kernel.periods import Period
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.recurrence import starts_between
from modules.scheduling.models import Block, BlockKind, BlockQuerySet, ExternalBusy
from modules.scheduling.selectors.wanted import minute_of

DAY = timedelta(days=1)


class Blocked(NamedTuple):
    span: Span
    kind: BlockKind | None  # none: busy in a calendar elsewhere


ByTarget = dict[UUID, list[Blocked]]  # by practitioner, location, room or piece of equipment


def read_blocked(
    *, practitioners: Collection[UUID], locations: Collection[UUID], things: Collection[UUID], around: Period
) -> ByTarget:
    """Return when these people, places and things are blocked."""
    found: ByTarget = defaultdict(list)
    for block in blocks_around(around).filter(
        Q(practitioner_id__in=practitioners)
        | Q(kind=BlockKind.CLOSURE, location_id__in=locations)
        | Q(room_id__in=things)
        | Q(equipment_id__in=things)
    ):
        target = block.practitioner_id or block.room_id or block.equipment_id or block.location_id
        found[target] += [Blocked(as_span(each), BlockKind(block.kind)) for each in times_of_block(block, around)]
    for practitioner_id, busy in read_elsewhere(practitioners, around):
        found[practitioner_id].append(busy)
    return found


def read_elsewhere(practitioners: Collection[UUID], around: Period) -> Iterator[tuple[UUID, Blocked]]:
    """Yield when practitioners are busy in calendars elsewhere."""
    rows = ExternalBusy.objects.filter(
        practitioner_id__in=practitioners, during__overlap=as_range(around), calendar__ended_at=None
    )
    for practitioner_id, during in rows.values_list("practitioner_id", "during"):
        yield practitioner_id, Blocked(as_span(as_period(during)), None)


def blocks_around(around: Period) -> BlockQuerySet:
    """Return the blocks that may happen within a stretch of time, each with its location."""
    first, last = around.start.date() - DAY, around.end.date() + DAY
    rows = Block.objects.current().filter(first_day__lte=last).exclude(runs_until__lt=first)
    return rows.select_related("location")


def times_of_block(block: Block, around: Period) -> Iterator[Period]:
    """Yield each time that a block happens and that reaches into `around`, in order."""
    zone = block.location.zone
    first, end = wall_clock(block)
    length = end - first
    earliest, latest = _naive(around.start, zone) - length - DAY, _naive(around.end, zone) + DAY
    starts = starts_between(block.rule, first, earliest, latest) if block.rule else [first]
    for start in starts:
        period = Period(start.replace(tzinfo=zone), (start + length).replace(tzinfo=zone))
        if start.date() not in block.skipped and _takes_time(period) and period.overlaps(around):
            yield period


def wall_clock(block: Block) -> tuple[datetime, datetime]:
    """Return when a block begins and ends the first time, on the wall clock."""
    if block.starts is None or block.ends is None:
        return datetime.combine(block.first_day, time.min), datetime.combine(block.last_day + DAY, time.min)
    return datetime.combine(block.first_day, block.starts), datetime.combine(block.last_day, block.ends)


def as_span(period: Period) -> Span:
    return Span(minute_of(period.start), minute_of(period.end, up=True))


def _naive(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _takes_time(period: Period) -> bool:
    """Where clocks go forward, what was to be within the hour that is left out does not happen."""
    return period.start.timestamp() < period.end.timestamp()
