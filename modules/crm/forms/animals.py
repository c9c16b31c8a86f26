"""What an animal weighs, and when somebody died."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WeightForm(forms.Form):
    weight = forms.CharField(
        label=_("Weight"), max_length=16, widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "4.2 kg"})
    )
    measured_at = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means now."),
    )

    def clean_measured_at(self) -> Any:
        """Return noon of the day, by the practice's clock; of today, and of none, now."""
        day = self.cleaned_data["measured_at"]
        if day is None or day == timezone.localdate():
            return None
        return datetime.combine(day, time(12), timezone.get_current_timezone())


class DeathForm(forms.Form):
    died_on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
