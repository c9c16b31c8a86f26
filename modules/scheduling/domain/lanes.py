"""Visits that lie in one column at the same time, drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modules.scheduling.domain.wall_clock import Rows


class Lane(NamedTuple):
    """The `number`th of `of` lanes, from 1."""

    number: int
    of: int


def lanes(spans: Sequence[Rows]) -> list[Lane]:
    """Return a lane for each span, in their order: none lies over another, and what is alone is as wide as all."""
    found: list[Lane] = [Lane(1, 1)] * len(spans)
    for crowd in _crowds(spans):
        ends: list[int] = []  # of the last span in each lane
        numbers = []
        for index in crowd:
            span = spans[index]
            number = next((lane for lane, end in enumerate(ends) if end <= span.first), len(ends))
            ends[number : number + 1] = [span.last]
            numbers.append(number)
        for index, number in zip(crowd, numbers, strict=True):
            found[index] = Lane(number + 1, len(ends))
    return found


def _crowds(spans: Sequence[Rows]) -> list[list[int]]:
    """Return the spans, by index, in groups that do not touch each other."""
    crowds: list[list[int]] = []
    reaches = 0
    for index in sorted(range(len(spans)), key=lambda index: spans[index]):
        if not crowds or spans[index].first >= reaches:
            crowds.append([])
        crowds[-1].append(index)
        reaches = max(reaches, spans[index].last)
    return crowds
