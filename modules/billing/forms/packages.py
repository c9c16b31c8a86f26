"""The forms about a package that somebody has bought."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class GiveUpForm(forms.Form):
    """Why what is left is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands on the credit note."))


DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FreezeForm(forms.Form):
    """From when on nothing is drawn from a package, and why."""

    first_day = forms.DateField(label=_("From"), widget=DAY)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Such as a long journey."))

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"first_day": today})


class ResumeForm(forms.Form):
    """From when on a frozen package is drawn from again."""

    on = forms.DateField(label=_("It goes on from"), widget=DAY)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"on": today})


class TransferForm(forms.Form):
    """Why somebody else has a package from now on. Whom is chosen beside it."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Such as a present."))
