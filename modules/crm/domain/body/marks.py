"""What is marked on the chart of a body, and how strong pain is; kept as JSON beside the texts of a note."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from modules.crm.domain.body.figures import FIGURES
from modules.crm.domain.body.shapes import Figure, Region, View

MOST_MARKS, LONGEST_WORDS = 40, 120
STRONGEST = 10


class MarkKind(StrEnum):
    """What is found at a place."""

    PAIN = "pain"
    NUMBNESS = "numbness"
    TINGLING = "tingling"
    STIFFNESS = "stiffness"
    SWELLING = "swelling"
    WEAKNESS = "weakness"
    WOUND = "wound"
    SCAR = "scar"
    LUMP = "lump"
    OTHER = "other"


class NotAMark(ValueError):
    """What was sent is no mark on this chart. `field` says which part of it, `number` which mark, from 0."""

    def __init__(self, field: str, number: int = 0) -> None:
        self.field, self.number = field, number
        super().__init__(f"mark {number}: {field}")


class NotOnTheScale(ValueError):
    """Pain that is no whole number from 0 to 10. `field` says of which moment."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One place, in thousandths of its view's width and height; how strong it is there, and a few words."""

    view: str
    x: int
    y: int
    kind: MarkKind
    strength: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """How strong pain is, from 0 (none) to 10 (the worst that can be imagined).

    The numeric rating scale of eleven points (NRS-11): G. A. Hawker et al., "Measures of adult pain", Arthritis Care &
    Research 63 (S11), 2011, S240–S252. None is what was not asked. Of an animal it is the judgement of who treats it.
    """

    now: int | None = None
    rest: int | None = None
    worst: int | None = None

    @property
    def is_known(self) -> bool:
        return (self.now, self.rest, self.worst) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyChart:
    """The marks of a note in the order they were made, on whose chart, and the pain it tells of."""

    figure: str = ""
    marks: tuple[Mark, ...] = ()
    pain: Pain = Pain()

    @property
    def is_empty(self) -> bool:
        return not self.marks and not self.pain.is_known

    @property
    def shape(self) -> Figure | None:
        return FIGURES.get(self.figure)

    def view_of(self, mark: Mark) -> View:
        return FIGURES[self.figure].by_name[mark.view]

    def region_of(self, mark: Mark) -> Region:
        return self.view_of(mark).region_at(mark.x, mark.y)


def read_chart(text: str) -> BodyChart:
    """Return what was kept in a note."""
    if not text:
        return BodyChart()
    kept = json.loads(text)
    marks = tuple(Mark(**each | {"kind": MarkKind(each["kind"])}) for each in kept["marks"])
    return BodyChart(figure=kept["figure"], marks=marks, pain=Pain(**kept["pain"]))


def write_chart(chart: BodyChart) -> str:
    """Return what is kept in a note; nothing if nothing is marked or rated."""
    if chart.is_empty:
        return ""
    kept = asdict(chart if chart.marks else replace(chart, figure=""))
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def read_marks(figure: Figure, said: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Return the marks that somebody made on this chart: each at a place or, by its name, in a region.

    Raises `NotAMark`; with the field "marks" if there are too many.
    """
    if len(said) > MOST_MARKS:
        raise NotAMark("marks", MOST_MARKS)
    return tuple(_mark(figure, each, number) for number, each in enumerate(said))


def read_pain(said: Mapping[str, Any]) -> Pain:
    """Return how strong pain is said to be. Raises `NotOnTheScale`."""
    for name, value in said.items():
        if value is not None and not _is_whole(value, most=STRONGEST):
            raise NotOnTheScale(name)
    return Pain(**said)


def _mark(figure: Figure, said: Mapping[str, Any], number: int) -> Mark:
    view = figure.by_name.get(said.get("view") or "")
    if view is None:
        raise NotAMark("view", number)
    x, y = _place(view, said, number)
    if said.get("kind") not in tuple(MarkKind):
        raise NotAMark("kind", number)
    strength = said.get("strength")
    if strength is not None and not _is_whole(strength, most=STRONGEST):
        raise NotAMark("strength", number)
    text = said.get("text") or ""
    text = " ".join(text.split()) if isinstance(text, str) else None
    if text is None or len(text) > LONGEST_WORDS:
        raise NotAMark("text", number)
    return Mark(view=view.name, x=x, y=y, kind=MarkKind(said["kind"]), strength=strength, text=text)


def _place(view: View, said: Mapping[str, Any], number: int) -> tuple[int, int]:
    x: Any = said.get("x")
    y: Any = said.get("y")
    if x is None and y is None:
        region = view.by_name.get(said.get("region") or "")
        if region is None:
            raise NotAMark("region", number)
        return view.middle_of(region)
    if not _is_whole(x) or not _is_whole(y) or not view.has(x, y):
        raise NotAMark("x" if not _is_whole(x, most=1000) else "y", number)
    return x, y


def _is_whole(value: Any, *, most: int | None = None) -> bool:
    return type(value) is int and (most is None or 0 <= value <= most)  # a bool is an int, too
