"""The chart of a body in words, and as it is drawn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.domain.body.changes import Change, changed_marks
from modules.crm.domain.body.figures import figure_of
from modules.crm.domain.body.marks import STRONGEST, BodyChart, Mark, MarkKind, Pain
from modules.crm.domain.body.shapes import FULL, Figure, Region, Side, View
from modules.crm.domain.subjects import subject_of
from modules.crm.models import Note
from modules.crm.models.body import KINDS, PAINS, PARTS, VIEWS
from tenancy import current_tenant

HEADING, PAIN = gettext_lazy("Body chart"), gettext_lazy("Pain")
MIRRORED = "right"  # drawn as the left side is, the other way round


class Drawn(NamedTuple):
    """A mark where it is drawn, in the units of its view. `number` is what the list of marks calls it."""

    number: int
    x: int
    y: int
    is_pain: bool
    words: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One view with its marks."""

    view: View
    label: Any
    drawing: str
    marks: list[Drawn]

    @property
    def is_mirrored(self) -> bool:
        return self.view.name == MIRRORED

    @property
    def is_wide(self) -> bool:
        return self.view.width > self.view.height

    @property
    def dot(self) -> int:
        """How large a mark is: the same size to the eye on a tall view and on a wide one."""
        return 30 if self.is_wide else 36

    @property
    def words(self) -> str:
        """What is on it, for whoever does not see it."""
        return ", ".join([str(self.label), *(f"{mark.number}: {mark.words}" for mark in self.marks)])

    @property
    def regions(self) -> list[tuple[str, str, tuple[int, int]]]:
        """What can be chosen instead of pointing at it, in the order of the alphabet, with its place."""
        named = [(each.name, region_words(each), self.view.middle_of(each)) for each in self.view.regions]
        return sorted(named, key=lambda each: each[1].lower())

    @property
    def shapes(self) -> str:
        """What tells a script which region a place is in."""
        return json.dumps([[region_words(each), *each.start, *each.end, each.radius] for each in self.view.regions])


def figure_for(note: Note) -> Figure | None:
    """Return whose chart a note has: the one that it was marked on or, before, the patient's."""
    chart = note.body_chart
    return chart.shape if chart.marks else figure_of(subject_of(current_tenant().vertical), note.patient.species)


def sheets_of(figure: Figure, chart: BodyChart) -> list[Sheet]:
    """Return all views of somebody's chart, with what is marked on each."""
    return [_sheet(figure, view, chart) for view in figure.views]


def marked_sheets(chart: BodyChart) -> list[Sheet]:
    """Return the views on which something is marked."""
    return [each for each in sheets_of(chart.shape, chart) if each.marks] if chart.shape else []


def region_words(region: Region) -> str:
    part = PARTS[region.part]
    if region.side is Side.NONE:
        return str(part)
    pattern = _("left %(part)s") if region.side is Side.LEFT else _("right %(part)s")
    return pattern % {"part": part}


def mark_words(chart: BodyChart, mark: Mark) -> str:
    """Say a mark: "left shoulder, front, pain 6, burning"."""
    where = f"{region_words(chart.region_of(mark))}, {VIEWS[mark.view]}"
    return f"{where}, {_told(mark)}"


def pain_words(pain: Pain) -> list[tuple[Any, str]]:
    """Return what was asked about pain, and what was said: "now", "6/10"."""
    return [
        (label, f"{value}/{STRONGEST}") for name, label in PAINS.items() if (value := getattr(pain, name)) is not None
    ]


def chart_words(chart: BodyChart) -> list[tuple[Any, str]]:
    """Return a chart as texts under headings, for where nothing is drawn; nothing if there is nothing on it."""
    pain = capfirst(", ".join(f"{label} {value}" for label, value in pain_words(chart.pain)))
    marks = "\n".join(capfirst(mark_words(chart, mark)) for mark in chart.marks)
    return [(heading, text) for heading, text in ((PAIN, pain), (HEADING, marks)) if text]


def change_words(before: BodyChart, after: BodyChart) -> list[str]:
    """Say what became of pain and marks from one version to the next."""
    told = [_rated(label, getattr(before.pain, name), getattr(after.pain, name)) for name, label in PAINS.items()]
    return [*(each for each in told if each), *(_marked(before, after, each) for each in changed_marks(before, after))]


def strongest_told(pain: Pain) -> int | None:
    """Return the pain that a note is known by: as it is now; if that was not asked, at its worst or at rest."""
    return next((each for each in (pain.now, pain.worst, pain.rest) if each is not None), None)


def _sheet(figure: Figure, view: View, chart: BodyChart) -> Sheet:
    side = "side" if view.name in ("left", "right") else view.name
    sheet = Sheet(view, VIEWS[view.name], f"crm/body/drawings/{figure.name}_{side}.html", [])
    taken: Counter[tuple[int, int]] = Counter()
    for number, mark in enumerate(chart.marks, 1):
        if mark.view == view.name:
            at = mark.x * view.width // FULL, mark.y * view.height // FULL
            beside = taken[at] * sheet.dot  # those at one place are drawn side by side
            taken[at] += 1
            sheet.marks.append(Drawn(number, at[0] + beside, at[1], _hurts(mark), mark_words(chart, mark)))
    return sheet


def _hurts(mark: Mark) -> bool:
    return mark.kind is MarkKind.PAIN


def _told(mark: Mark) -> str:
    kind = str(KINDS[mark.kind])
    said = kind if mark.strength is None else f"{kind} {mark.strength}"
    return f"{said}, {mark.text}" if mark.text else said


def _rated(label: Any, before: int | None, after: int | None) -> str:
    if before == after:
        return ""
    said: Mapping[str, Any] = {"when": label, "before": before, "after": after}
    if before is None:
        return _("Pain %(when)s: %(after)s") % said
    if after is None:
        return _("Pain %(when)s: %(before)s, taken back") % said
    return _("Pain %(when)s: %(before)s → %(after)s") % said


def _marked(before: BodyChart, after: BodyChart, change: Change) -> str:
    old, new = change.before, change.after
    if old is None:
        return _("Added: %(mark)s") % {"mark": mark_words(after, new)} if new else ""
    was = mark_words(before, old)
    if new is None:
        return _("Removed: %(mark)s") % {"mark": was}
    now = mark_words(after, new)
    if was == now:
        return _("Moved: %(mark)s") % {"mark": now}
    told = _told(new) if before.region_of(old) == after.region_of(new) else now
    return _("Changed: %(before)s → %(after)s") % {"before": was, "after": told}
