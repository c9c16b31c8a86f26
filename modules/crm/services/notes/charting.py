"""Judge what was marked on the chart of a body, and how strong pain is said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.errors import Invalid
from modules.crm.domain.body.marks import (
    LONGEST_WORDS,
    MOST_MARKS,
    BodyChart,
    NotAMark,
    NotOnTheScale,
    read_marks,
    read_pain,
)
from modules.crm.models import Note
from modules.crm.selectors.body import figure_for

WHY = {
    "view": gettext_lazy("This chart has no such view."),
    "x": gettext_lazy("This place is off the chart."),
    "y": gettext_lazy("This place is off the chart."),
    "region": gettext_lazy("There is no such region on this view."),
    "kind": gettext_lazy("Say what is there, in one of the words to choose from."),
    "strength": gettext_lazy("How strong it is, is a whole number from 0 to 10."),
    "text": gettext_lazy("A mark has at most %(most)s letters."),
}


class ChartInvalid(Invalid):
    code = "body-chart-invalid"


def charted(note: Note, *, marks: Sequence[Mapping[str, Any]] | None, pain: Mapping[str, Any] | None) -> BodyChart:
    """Return the chart of a note with what was written; None leaves what there is. Raises `ChartInvalid`."""
    chart = note.body_chart
    if marks is not None:
        chart = _marked(note, chart, marks)
    if pain is not None:
        try:
            chart = replace(chart, pain=read_pain(pain))
        except NotOnTheScale as problem:
            sentence = _("Pain is a whole number from 0 (none) to 10.")
            raise ChartInvalid(sentence, fields={f"pain.{problem.field}": [sentence]}) from None
    return chart


def _marked(note: Note, chart: BodyChart, marks: Sequence[Mapping[str, Any]]) -> BodyChart:
    figure = figure_for(note)
    if figure is None:
        if not marks:
            return chart
        sentence = _("There is no chart of a body in this record.")
        raise ChartInvalid(sentence, fields={"marks": [sentence]})
    try:
        return replace(chart, figure=figure.name if marks else "", marks=read_marks(figure, marks))
    except NotAMark as problem:
        raise _refusal(problem) from None


def _refusal(problem: NotAMark) -> ChartInvalid:
    if problem.field == "marks":
        sentence = _("There are at most %(most)s marks on a chart.") % {"most": MOST_MARKS}
        return ChartInvalid(sentence, fields={"marks": [sentence]})
    sentence = str(WHY[problem.field]) % {"most": LONGEST_WORDS}
    told = _("Mark %(number)s: %(sentence)s") % {"number": problem.number + 1, "sentence": sentence}
    return ChartInvalid(told, fields={f"marks.{problem.number}.{problem.field}": [told]})
