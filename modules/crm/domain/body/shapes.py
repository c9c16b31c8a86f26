"""Charts of bodies: views of named size, and regions with a shape on them.

A region is a stretch of limb or trunk: a line from one point to another, and how thick it is there. A place belongs to
the region that it is deepest in or, beside the body, nearest to; so every place has exactly one. Places are
thousandths of a view's width and height; shapes are measured in the units that the view is drawn in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import hypot

FULL = 1000  # thousandths: the right and the lower edge of a view


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A named part of the body as a view shows it, in the units of its drawing."""

    part: str
    side: Side
    start: tuple[int, int]
    end: tuple[int, int]
    radius: int

    @property
    def name(self) -> str:
        """What it is called in what is kept and sent: "left-shoulder"."""
        return f"{self.side}-{self.part}" if self.side else self.part

    @property
    def middle(self) -> tuple[float, float]:
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2

    def depth(self, x: float, y: float) -> float:
        """Return how far inside of it a point is, measured in how thick it is: below nothing, it is outside."""
        (left, top), (right, bottom) = self.start, self.end
        across, down = right - left, bottom - top
        along = ((x - left) * across + (y - top) * down) / ((across**2 + down**2) or 1)
        along = min(max(along, 0.0), 1.0)
        return 1 - hypot(x - left - along * across, y - top - along * down) / self.radius


@dataclass(frozen=True)
class View:
    """One side that a chart shows, `width` by `height` units large."""

    name: str
    width: int
    height: int
    regions: tuple[Region, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Region]:
        return {region.name: region for region in self.regions}

    def has(self, x: int, y: int) -> bool:
        """Test whether a place is on the sheet."""
        return 0 <= x <= FULL and 0 <= y <= FULL

    def region_at(self, x: int, y: int) -> Region:
        """Return the region that a place is in or, beside the body, the nearest one."""
        at = x * self.width / FULL, y * self.height / FULL
        return max(self.regions, key=lambda region: region.depth(*at))

    def middle_of(self, region: Region) -> tuple[int, int]:
        """Return the place in the middle of a region."""
        x, y = region.middle
        return round(x * FULL / self.width), round(y * FULL / self.height)


@dataclass(frozen=True)
class Figure:
    """Whose body it is: a person, a dog."""

    name: str
    views: tuple[View, ...]

    @cached_property
    def by_name(self) -> Mapping[str, View]:
        return {view.name: view for view in self.views}


def mirrored(regions: Iterable[Region], *, width: int) -> Iterable[Region]:
    """Return regions as the other side of the body has them: left is right, and what was left is on the right."""
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}
    for region in regions:
        start, end = (width - region.start[0], region.start[1]), (width - region.end[0], region.end[1])
        yield Region(region.part, other[region.side], start, end, region.radius)
