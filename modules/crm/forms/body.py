"""The chart of a body as fields: a row of them for each mark, and how strong pain is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.body.marks import LONGEST_WORDS, STRONGEST, BodyChart, MarkKind
from modules.crm.domain.body.shapes import Figure
from modules.crm.models.body import KINDS, PAINS, VIEWS
from modules.crm.selectors.body import Sheet, region_words, sheets_of
from webui.fields import say_nothing_of_optional

COLUMNS = ("view", "x", "y", "kind", "strength", "text")
NEW = "mark_new"  # "front:left-shoulder": a region that is chosen instead of pointing at it
SCALE = [("", _("not said")), *((str(each), str(each)) for each in range(STRONGEST + 1))]
KIND_CHOICES = [(kind.value, label) for kind, label in KINDS.items()]


class Row(NamedTuple):
    """A mark as its fields have it, and its region in words if it has one."""

    view: str
    x: str
    y: str
    kind: str
    strength: str
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class ChartFields:
    """What the editor shows: the views to point at, and a row for each mark."""

    sheets: list[Sheet]
    rows: list[Row]
    kinds = KIND_CHOICES
    scale = SCALE
    longest = LONGEST_WORDS


def pain_fields() -> dict[str, forms.Field]:
    """Return a row of radio buttons from 0 to 10 for each moment that is asked about."""
    return {
        f"pain_{name}": forms.TypedChoiceField(
            label=label, choices=SCALE, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
        )
        for name, label in PAINS.items()
    }


def add_pain_fields(form: forms.Form, chart: BodyChart) -> None:
    form.fields |= pain_fields()
    for name in PAINS:
        value = getattr(chart.pain, name)
        form.initial[f"pain_{name}"] = "" if value is None else str(value)
        say_nothing_of_optional(form, f"pain_{name}")


def marks_in(data: QueryDict) -> list[dict[str, Any]]:
    """Return the marks that the fields tell of; without those that were taken off, which are of no kind."""
    told = list(_rows_in(data))
    marks = [
        row | {"x": _number(row["x"]), "y": _number(row["y"]), "strength": _number(row["strength"] or None)}
        for row in told
        if row["kind"]
    ]
    view, _colon, region = data.get(NEW, "").partition(":")
    return [*marks, {"view": view, "region": region, "kind": MarkKind.PAIN.value}] if view else marks


def chart_fields(figure: Figure, chart: BodyChart, data: QueryDict | None) -> ChartFields:
    """Return what the editor shows of a note, or of what was sent and could not be saved."""
    sheets = sheets_of(figure, chart)
    if data is None:
        rows = [
            Row(mark.view, str(mark.x), str(mark.y), mark.kind.value, _shown(mark.strength), mark.text,
                _words(figure, mark.view, mark.x, mark.y))
            for mark in chart.marks
        ]  # fmt: skip
        return ChartFields(sheets, rows)
    sent = (
        Row(**row, words=_words(figure, row["view"], _number(row["x"]), _number(row["y"]))) for row in _rows_in(data)
    )
    return ChartFields(sheets, list(sent))


def _sent(figure: Figure, row: dict[str, str]) -> Row:
    return Row(**row, words=_words(figure, row["view"], _number(row["x"]), _number(row["y"])))


def _rows_in(data: QueryDict) -> Iterator[dict[str, str]]:
    """Yield the fields of each mark; where some are missing, the row is filled with nothing and refused later."""
    columns = [data.getlist(f"mark_{name}") for name in COLUMNS]
    for number in range(max(map(len, columns))):
        values = [column[number] if number < len(column) else "" for column in columns]
        yield dict(zip(COLUMNS, values, strict=True))


def _number(text: str | None) -> Any:
    """Return the whole number that is written; else the text, for the service to refuse."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return text


def _words(figure: Figure, view: str, x: Any, y: Any) -> str:
    shown = figure.by_name.get(view)
    is_placed = shown is not None and isinstance(x, int) and isinstance(y, int)
    return f"{region_words(shown.region_at(x, y))}, {VIEWS[view]}" if shown and is_placed else ""


def _shown(strength: int | None) -> str:
    return "" if strength is None else str(strength)
