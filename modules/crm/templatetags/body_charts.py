"""A chart of the body where a note is read."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template

from modules.crm.domain.body.marks import BodyChart
from modules.crm.selectors.body import Sheet, mark_words, marked_sheets, pain_words

register = template.Library()


class Shown(NamedTuple):
    """The views on which something is marked, the marks in words, and how strong pain is."""

    sheets: list[Sheet]
    marks: list[str]
    pain: list[tuple[Any, str]]


@register.simple_tag
def shown_chart(chart: BodyChart) -> Shown:
    """Return what `crm/body/chart.html` shows of a chart."""
    return Shown(marked_sheets(chart), [mark_words(chart, mark) for mark in chart.marks], pain_words(chart.pain))
