"""The form that says when people are reminded of overdue invoices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.models import ReminderRules
from modules.billing.models.reminders import MOST_REMINDERS
from webui.fields import say_nothing_of_optional


class RemindersForm(forms.Form):
    """Up to so many reminders, each so many days after the due date."""

    def __init__(self, data: Any, *, rules: ReminderRules) -> None:
        super().__init__(data)
        for number in range(MOST_REMINDERS):
            self.fields[f"step-{number}"] = forms.IntegerField(
                label=_("Reminder %(number)d, days after the due date") % {"number": number + 1},
                required=False,
                min_value=1,
                initial=rules.steps[number] if number < len(rules.steps) else None,
            )
        say_nothing_of_optional(self)

    def steps(self) -> list[int]:
        return [day for number in range(MOST_REMINDERS) if (day := self.cleaned_data[f"step-{number}"])]
