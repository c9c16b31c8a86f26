"""Which times are free. Plain minutes in, plain minutes out: whole minutes since 1970, so that a fortnight of ten
practitioners is a few thousand comparisons of integers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Minutes since the epoch, half-open: `end` is not in it."""

    start: int
    end: int


class Shape(NamedTuple):
    """How a service lies in time, in minutes. Starts fall on multiples of `step` from the opening."""

    length: int
    before: int
    after: int
    step: int


class Offer(NamedTuple):
    """A time that can be had, with whom, and in which of the rooms (None where none is needed)."""

    start: int
    practitioner: str
    room: str | None


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that touch or overlap joined."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def free_spans(opening: Span, busy: Sequence[Span]) -> Iterator[Span]:
    """Yield what is left of `opening` between the `busy` spans, which are in order and do not overlap."""
    cursor = opening.start
    for start, end in busy:
        if end <= cursor:
            continue
        if start >= opening.end:
            break
        if start > cursor:
            yield Span(cursor, start)
        cursor = end
    if cursor < opening.end:
        yield Span(cursor, opening.end)


def free_starts(opening: Span, busy: Sequence[Span], shape: Shape, *, not_before: int = 0) -> Iterator[int]:
    """Yield each start at which the service, with its buffers, fits between what is busy.

    The buffers may lie outside the opening: preparing a room is not the practice being open.
    """
    for gap_start, gap_end in free_spans(Span(opening.start - shape.before, opening.end + shape.after), busy):
        earliest = max(gap_start + shape.before, opening.start, not_before)
        start = opening.start + -(-(earliest - opening.start) // shape.step) * shape.step
        last = min(gap_end - shape.after, opening.end) - shape.length
        yield from range(start, last + 1, shape.step)


def is_free(busy: Sequence[Span], wanted: Span) -> bool:
    """Test whether nothing in `busy` (in order, not overlapping) meets `wanted`."""
    place = bisect_right(busy, (wanted.end - 1, 1 << 62))
    return place == 0 or busy[place - 1].end <= wanted.start


def offers(
    *,
    openings: Mapping[str, Sequence[Span]],
    busy: Mapping[str, Sequence[Span]],
    rooms: Mapping[str, Sequence[Sequence[Span]]] | None,
    shape: Shape,
    not_before: int = 0,
) -> list[Offer]:
    """Return every offer, by start and then by practitioner.

    `openings` and `busy` are per practitioner. `rooms` gives, for each room that suits, what is busy at each of its
    places; None means that the service needs no room, and an empty mapping that none suits.
    """
    found = []
    for practitioner, opened in openings.items():
        taken = busy.get(practitioner, ())
        for opening in opened:
            for start in free_starts(opening, taken, shape, not_before=not_before):
                room = _free_room(rooms, Span(start - shape.before, start + shape.length + shape.after))
                if rooms is None or room is not None:
                    found.append(Offer(start, practitioner, room))
    return sorted(found)


def _free_room(rooms: Mapping[str, Sequence[Sequence[Span]]] | None, wanted: Span) -> str | None:
    for room, places in (rooms or {}).items():
        if any(is_free(place, wanted) for place in places):
            return room
    return None
