"""What is blocked: leave, breaks, closures, maintenance, and what calendars elsewhere say, each time it happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from kernel.periods import Period
from modules.scheduling.domain.minutes import Span
from modules.scheduling.domain.repeating import times_of
from modules.scheduling.models import Block, BlockKind
from modules.scheduling.selectors.gathered import BlockRow, BusyRow
from modules.scheduling.selectors.wanted import minute_of


class Blocked(NamedTuple):
    span: Span
    kind: BlockKind | None  # none: busy in a calendar elsewhere


ByTarget = dict[UUID, list[Blocked]]  # by practitioner, location, room or piece of equipment


def blocked_by_target(blocks: Iterable[BlockRow], elsewhere: Iterable[BusyRow], around: Period) -> ByTarget:
    """Return when people, places and things are blocked around a time."""
    found: ByTarget = defaultdict(list)
    for kind, target, zone, stretch in blocks:
        found[target] += [Blocked(as_span(each), kind) for each in times_of(stretch, zone, around)]
    for practitioner_id, span in elsewhere:
        found[practitioner_id].append(Blocked(span, None))
    return found


def times_of_block(block: Block, around: Period) -> Iterator[Period]:
    """Yield each time that a block happens and that reaches into `around`, in order."""
    return times_of(block.repeating, block.location.zone, around)


def as_span(period: Period) -> Span:
    return Span(minute_of(period.start), minute_of(period.end, up=True))
