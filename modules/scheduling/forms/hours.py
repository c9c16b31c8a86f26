"""What is filled in about hours, of weeks and of single days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import OFFERED_LABELS, WorkingHours
from modules.scheduling.services.practice.hours import Plan

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
STRETCHES = 2  # a morning and an afternoon
OFFERED_CHOICES = [(offered.value, label) for offered, label in OFFERED_LABELS.items()]


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WeekForm(forms.Form):
    """A practitioner's week: two stretches a day or more, in the location's own time; and when it holds."""

    valid_from = forms.DateField(label=_("From"), required=False, widget=date_input())
    valid_until = forms.DateField(label=_("Until, included"), required=False, widget=date_input())
    every_weeks = forms.IntegerField(label=_("Every … weeks"), required=False, min_value=1, max_value=52)
    offered = forms.ChoiceField(label=_("Who can book these hours"), choices=OFFERED_CHOICES, required=False)
    overnight = forms.BooleanField(label=_("Hours that end before they begin end the next day"), required=False)
    ending_others = forms.BooleanField(label=_("End the hours before on the day before"), required=False)

    def __init__(self, *args: Any, stretches: int = STRETCHES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stretches = range(stretches)
        for weekday, name in enumerate(WEEKDAYS):
            for stretch in self.stretches:
                for end, label in (("from", _("from")), ("to", _("to"))):
                    widget = forms.TimeInput(
                        attrs={"type": "time", "aria-label": f"{name} {stretch + 1} {label}"}, format="%H:%M"
                    )
                    self.fields[_field(weekday, stretch, end)] = forms.TimeField(
                        required=False, widget=widget, label=label
                    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for weekday, name in enumerate(WEEKDAYS):
            last_end: time | None = None
            for stretch in self.stretches:
                starts, ends = (data.get(_field(weekday, stretch, end)) for end in ("from", "to"))
                if (starts is None) != (ends is None):
                    self.add_error(None, _("%(day)s: give both a beginning and an end.") % {"day": name})
                elif starts is not None and ends is not None:
                    backwards = starts >= ends and not data.get("overnight")
                    if backwards or (last_end is not None and starts < last_end):
                        self.add_error(
                            None, _("%(day)s: hours end after they begin and do not overlap.") % {"day": name}
                        )
                    last_end = ends
        return data

    def week(self) -> list[tuple[int, time, time]]:
        data = self.cleaned_data
        stretches = ((weekday, stretch) for weekday in range(7) for stretch in self.stretches)
        rows = ((w, data[_field(w, s, "from")], data[_field(w, s, "to")]) for w, s in stretches)
        return [(weekday, starts, ends) for weekday, starts, ends in rows if starts is not None]

    def plan(self) -> Plan:
        data = self.cleaned_data
        return Plan(
            data["valid_from"], data["valid_until"], data["every_weeks"] or 1, data["offered"] or Offered.ONLINE.value
        )

    @property
    def when(self) -> list[Any]:
        """The fields that say when the week holds, and for whom."""
        return [self[name] for name in ("valid_from", "valid_until", "every_weeks", "offered")]

    @property
    def rows(self) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """The fields as the page shows them: a day, and its stretches."""
        return [
            (name, [(self[_field(weekday, s, "from")], self[_field(weekday, s, "to")]) for s in self.stretches])
            for weekday, name in enumerate(WEEKDAYS)
        ]


def most_stretches(rows: Iterable[WorkingHours]) -> int:
    """Return how many stretches a day the form needs, so that none is lost: over the API there may be more."""
    return max([STRETCHES, *Counter(row.weekday for row in rows).values()])


def week_values(rows: Iterable[WorkingHours], plan: Plan) -> dict[str, Any]:
    """Return what the week form starts with."""
    values: dict[str, Any] = {**plan.columns}
    seen: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: (row.weekday, row.starts)):
        stretch = seen.get(row.weekday, 0)
        start, end = _field(row.weekday, stretch, "from"), _field(row.weekday, stretch, "to")
        values |= {start: row.starts, end: row.ends}
        seen[row.weekday] = stretch + 1
        values["overnight"] = values.get("overnight", False) or row.ends <= row.starts
    return values


def _field(weekday: int, stretch: int, end: str) -> str:
    return f"d{weekday}_{stretch}_{end}"


class DayForm(forms.Form):
    """One day that is different. Without hours, it is off."""

    day = forms.DateField(label=_("Day"), widget=date_input())
    from_1 = forms.TimeField(label=_("From"), required=False, widget=time_input())
    to_1 = forms.TimeField(label=_("To"), required=False, widget=time_input())
    from_2 = forms.TimeField(label=_("And from"), required=False, widget=time_input())
    to_2 = forms.TimeField(label=_("To"), required=False, widget=time_input())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for start, end in (("from_1", "to_1"), ("from_2", "to_2")):
            if (data.get(start) is None) != (data.get(end) is None):
                self.add_error(end, _("Give both a beginning and an end, or neither for a day off."))
        return data

    def stretches(self) -> list[tuple[time, time]]:
        pairs = ((self.cleaned_data[f"from_{n}"], self.cleaned_data[f"to_{n}"]) for n in (1, 2))
        return [(starts, ends) for starts, ends in pairs if starts is not None]
