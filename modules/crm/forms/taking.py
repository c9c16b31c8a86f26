"""For whom a copy is, and what figures without names are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.deidentified import HIGHEST, LOWEST, USUAL
from modules.crm.models import Client
from modules.crm.services.taking import Period


class CopyForm(forms.Form):
    client = forms.TypedChoiceField(label=_("For whom"), coerce=UUID)

    def __init__(self, *args: Any, clients: Iterable[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["client"]
        field.choices = [(str(each.pk), each.name) for each in clients]


class MonthField(forms.Field):
    """A month, as browsers send it: 2026-03."""

    widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")
    default_error_messages = {"invalid": _("Write the month as year and month: 2026-03.")}

    def to_python(self, value: Any) -> date | None:
        try:
            day = parse_date(f"{value}-01") if value else None
        except ValueError:
            day = None
        if day is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class ExtractForm(forms.Form):
    since = MonthField(label=_("Visits from"))
    until = MonthField(label=_("until the end of"))
    k = forms.IntegerField(
        label=_("People in each group, at least"),
        min_value=LOWEST,
        max_value=HIGHEST,
        initial=USUAL,
        help_text=_("Nobody is alone in the file: each line looks the same for so many people. More hides more."),
    )

    def period(self) -> Period:
        return Period.months(self.cleaned_data["since"], self.cleaned_data["until"])
