"""A value, what was wrong with one, and what is measured at all."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.measures import MOST_DECIMALS
from modules.crm.models import MeasureKind
from modules.crm.services.measures import Measured, MeasureKindDetails
from webui.fields import say_nothing_of_optional, set_choices

OFF = {"autocomplete": "off"}
NUMBER = {"inputmode": "decimal", **OFF}


class MeasureForm(forms.Form):
    kind_id = forms.UUIDField(label=_("What"), widget=forms.Select)
    value = forms.CharField(label=_("Value"), max_length=16, widget=forms.TextInput(attrs=NUMBER))
    day = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means now."),
    )
    method = forms.CharField(label=_("How"), max_length=80, required=False, widget=forms.TextInput(attrs=OFF))
    comment = forms.CharField(label=_("Remark"), max_length=300, required=False, widget=forms.TextInput(attrs=OFF))

    def __init__(self, *args: Any, kinds: list[MeasureKind], **options: Any) -> None:
        super().__init__(*args, **options)
        widget: Any = self.fields["kind_id"].widget
        widget.choices = [(str(kind.pk), f"{kind.name} ({kind.span_shown})") for kind in kinds]
        say_nothing_of_optional(self, "day", "method", "comment")

    def measured(self) -> Measured:
        names = ("value", "method", "comment")
        return Measured(at=self._moment(), **{name: self.cleaned_data[name] for name in names})

    def _moment(self) -> datetime | None:
        """Return noon of the day, by the practice's clock; of today, and of none, now."""
        day = self.cleaned_data["day"]
        if day is None or day == timezone.localdate():
            return None
        return datetime.combine(day, time(12), timezone.get_current_timezone())


class CorrectionForm(forms.Form):
    """Without a value, it was never measured."""

    value = forms.CharField(
        label=_("Right value"),
        max_length=16,
        required=False,
        widget=forms.TextInput(attrs=NUMBER),
        help_text=_("Empty: there is none, the value was a mistake altogether."),
    )
    reason = forms.CharField(label=_("What was wrong"), max_length=200, widget=forms.TextInput(attrs=OFF))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_nothing_of_optional(self, "value")


def _bound(label: Any, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=10,
        decimal_places=MOST_DECIMALS,
        localize=True,
        widget=forms.TextInput(attrs=NUMBER),
        **options,
    )


class MeasureKindForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=80, widget=forms.TextInput(attrs=OFF))
    unit = forms.CharField(
        label=_("Unit"),
        max_length=20,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("By UCUM: kg, cm, deg, Cel, /min, mm[Hg], {score} …"),
    )
    decimals = forms.TypedChoiceField(label=_("Decimals"), coerce=int)
    lowest = _bound(_("Lowest possible"))
    highest = _bound(_("Highest possible"))
    normal_low = _bound(_("Usual from"), required=False)
    normal_high = _bound(_("Usual to"), required=False)

    def __init__(self, *args: Any, kind: MeasureKind | None = None, **options: Any) -> None:
        if kind is not None:
            options["initial"] = {name: getattr(kind, name) for name in self.base_fields}
        super().__init__(*args, **options)
        set_choices(self, "decimals", [(str(n), str(n)) for n in range(MOST_DECIMALS + 1)])
        if kind is not None:
            for name in ("unit", "decimals"):
                self.fields[name].disabled = True
        say_nothing_of_optional(self, "normal_low", "normal_high")

    def details(self) -> MeasureKindDetails:
        return MeasureKindDetails(**self.cleaned_data)
