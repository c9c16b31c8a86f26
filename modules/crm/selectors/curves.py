"""What was measured or scored over time, as a curve and as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from modules.crm.domain.weights import HEIGHT, WIDTH, Weighed
from modules.crm.domain.weights import curve_of as points_of


class Scored(NamedTuple):
    at: datetime
    value: Decimal
    meaning: str

    @property
    def shown(self) -> str:
        return f"{self.value.normalize():f}"


@dataclass(frozen=True, slots=True)
class Curve:
    """How one thing went, the first value first. `span` is between which two it lies, if that is known."""

    name: str
    scores: list[Scored]
    span: tuple[Decimal, Decimal] | None
    unit: str = ""

    width: int = WIDTH
    height: int = HEIGHT

    @property
    def last(self) -> Scored | None:
        return self.scores[-1] if self.scores else None

    @property
    def before(self) -> Scored | None:
        """The value before the last one."""
        return self.scores[-2] if len(self.scores) > 1 else None

    @property
    def most(self) -> str:
        return f"{self.span[1].normalize():f}" if self.span else ""

    @property
    def line(self) -> str:
        """The curve as the path of an SVG; nothing for a single score."""
        points = [Weighed(each.at, int(each.value * 100)) for each in self.scores]
        return " ".join(f"{'L' if at else 'M'}{point.x} {point.y}" for at, point in enumerate(points_of(points)))

    @property
    def sentence(self) -> str:
        words = {"n": len(self.scores), "first": self.scores[0].shown, "last": self.scores[-1].shown}
        told = _("%(n)s values, from %(first)s to %(last)s") % words
        return f"{told} {self.unit}".rstrip()
