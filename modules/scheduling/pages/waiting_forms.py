"""What somebody waits for, as it is typed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import PRIORITY_LABELS, Practitioner, Service, WaitingEntry
from modules.scheduling.models.waiting import LONGEST_NOTICE
from modules.scheduling.services import Hours, Wait
from webui.fields import set_rows

HOUR = 60
PAIRS = (("starts", "ends"), ("other_starts", "other_ends"))
PRIORITIES = [(each.value, PRIORITY_LABELS[each]) for each in reversed(Priority)]


def _day(label: Any, *, required: bool) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=_("How urgent"), choices=PRIORITIES, initial=Priority.ROUTINE.value)
    priority_reason = forms.CharField(label=_("Why it is urgent"), max_length=200, required=False)


class WaitForm(forms.Form):
    """When somebody can come: days, hours on some weekdays, and other hours besides."""

    service = forms.ModelChoiceField(label=_("Service"), queryset=Service.objects.none(), empty_label=None)
    practitioners = forms.ModelMultipleChoiceField(
        label=_("Only with"), queryset=Practitioner.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    first_day = _day(_("From"), required=True)
    last_day = _day(_("Until"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"), required=False, choices=list(WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple
    )
    starts, ends = _time(_("Not before")), _time(_("Over by"))
    other_starts, other_ends = _time(_("Or: not before")), _time(_("Over by"))
    notice_hours = forms.IntegerField(
        label=_("Hours of notice needed"), min_value=0, max_value=LONGEST_NOTICE // HOUR, initial=2
    )
    remark = forms.CharField(
        label=_("Anything to know"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, services: Any, today: date, of_visit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_rows(self, "service", services)
        set_rows(self, "practitioners", Practitioner.objects.current().order_by("name"))
        self.fields["first_day"].initial = today
        if of_visit:
            del self.fields["service"]

    def wait(self, **known: Any) -> Wait:
        """Return the wish; `known` is what does not stand in the form."""
        data = self.cleaned_data
        return Wait(
            service_id=data["service"].pk if "service" in data else None,
            practitioner_ids=frozenset(each.pk for each in data["practitioners"]),
            first_day=data["first_day"],
            last_day=data["last_day"],
            hours=tuple(self._hours()),
            notice_minutes=data["notice_hours"] * HOUR,
            remark=data["remark"],
            **known,
        )

    def _hours(self) -> list[Hours]:
        data = self.cleaned_data
        days = frozenset(int(day) for day in data["weekdays"])
        pairs = [(data[starts], data[ends]) for starts, ends in PAIRS]
        named = [pair for pair in pairs if any(pair)] or ([(None, None)] if days else [])
        return [Hours(weekdays=days, starts=starts, ends=ends) for starts, ends in named]


def as_typed(entry: WaitingEntry) -> dict[str, Any]:
    """Return what an entry waits for as the form has it."""
    windows = list(entry.windows.all())
    first, second = (*windows, None, None)[:2]
    return {
        "service": entry.service_id,
        "practitioners": [each.pk for each in entry.practitioners.all()],
        "first_day": entry.first_day,
        "last_day": entry.last_day,
        "weekdays": [str(day) for day in first.weekdays] if first else [],
        "starts": first.starts if first else None,
        "ends": first.ends if first else None,
        "other_starts": second.starts if second else None,
        "other_ends": second.ends if second else None,
        "notice_hours": -(-entry.notice_minutes // HOUR),
        "remark": entry.remark,
        "priority": entry.priority,
        "priority_reason": entry.priority_reason,
    }


def is_more_than_typed(entry: WaitingEntry) -> bool:
    """Test whether the hours, set by a program, are more than the form can say."""
    windows = list(entry.windows.all())
    return len(windows) > len(PAIRS) or len({tuple(each.weekdays) for each in windows}) > 1


class DeskWaitForm(PriorityForm, WaitForm):
    """As the desk puts somebody on the list: it says how urgent it is, too."""

    field_order = [*WaitForm.base_fields, "priority", "priority_reason"]

    def wait(self, **known: Any) -> Wait:
        priority = Priority(self.cleaned_data["priority"])
        return super().wait(priority=priority, priority_reason=self.cleaned_data["priority_reason"], **known)


class RulesForm(forms.Form):
    fills_itself = forms.BooleanField(label=_("Offer freed times by themselves"), required=False)
    offer_minutes = forms.IntegerField(
        label=_("Keep an offered time for … minutes"), min_value=10, max_value=2880, help_text=_("Less if it is soon.")
    )
    quiet_from = _time(_("Nobody is written to from"))
    quiet_until = _time(_("until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].required = True


def as_id(text: str | None) -> UUID | None:
    """Read an id from an address; nonsense is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
