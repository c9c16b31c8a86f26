"""Time as bits: one integer holds a minute in each bit, so a month of somebody's calendar is 5 kB, and "free, open and
with a room" is an AND. Minutes are whole minutes since 1970; a frame says which of them is bit 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple


class Span(NamedTuple):
    """Minutes since the epoch, half-open: `end` is not in it."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def meets(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


class Frame(NamedTuple):
    """The stretch of time that bitmaps cover; what lies outside is cut off."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def whole(self) -> int:
        return (1 << self.size) - 1

    def cut(self, span: Span) -> tuple[int, int]:
        """Return the span as bits from and to."""
        return max(span.start - self.start, 0), min(span.end - self.start, self.size)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that touch or overlap joined."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return out


def painted(spans: Iterable[Span], frame: Frame) -> int:
    """Return the minutes of the spans as bits.

    A run of ones is 2^end - 2^start: all ends and all starts are marked byte by byte, and subtracted once.
    """
    starts, ends = bytearray(frame.size // 8 + 1), bytearray(frame.size // 8 + 1)
    for span in merged(spans):
        first, last = frame.cut(span)
        if first < last:
            starts[first >> 3] |= 1 << (first & 7)
            ends[last >> 3] |= 1 << (last & 7)
    return int.from_bytes(ends, "little") - int.from_bytes(starts, "little")


def combed(span: Span, step: int, frame: Frame) -> int:
    """Return every `step`-th minute of the span, from its first, as bits."""
    first, last = frame.cut(span)
    if first >= last:
        return 0
    first += (span.start - frame.start - first) % step
    return _comb(last - first, step) << first if first < last else 0


@lru_cache(maxsize=512)
def _comb(size: int, step: int) -> int:
    return sum(1 << bit for bit in range(0, size, step))


def with_room_for(free: int, length: int) -> int:
    """Return the bits at which a run of `length` ones begins."""
    width = 1
    while width < length and free:
        further = min(width, length - width)
        free &= free >> further
        width += further
    return free


def minutes_of(bits: int, frame: Frame) -> Iterator[int]:
    """Yield the minutes whose bits are set, in order."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield frame.start + at
        at = text.find("1", at + 1)


def spans_of(bits: int, frame: Frame) -> Iterator[Span]:
    """Yield the runs of minutes whose bits are set, in order."""
    text = bin(bits)[:1:-1] + "0"
    start = text.find("1")
    while start >= 0:
        end = text.index("0", start)
        yield Span(frame.start + start, frame.start + end)
        start = text.find("1", end)
