"""Raise a flag, put it right, end it; and the flags that are offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.forms.involvements import day_field
from modules.crm.models import Flag, FlagCategory, FlagKind, FlagReach, FlagSeverity
from modules.crm.services.flags import FlagDetails, FlagKindDetails
from webui.fields import say_nothing_of_optional, set_choices

OFF = {"autocomplete": "off"}
OF_FLAG = ("text", "advice", "category", "severity", "reach", "since", "until")
AS_USUAL = ("", _("As is usual for it"))


class FlagForm(forms.Form):
    text = forms.CharField(
        label=_("What there is to know"),
        max_length=200,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("A few words: they stand wherever this person is."),
    )
    category = forms.ChoiceField(label=_("About what"))
    severity = forms.ChoiceField(label=_("How grave"), choices=FlagSeverity.choices, initial=FlagSeverity.CAUTION)
    reach = forms.ChoiceField(label=_("Who sees it"), required=False)
    advice = forms.CharField(
        label=_("What to do"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    since = day_field(_("From"), _("Empty means today."), required=False)
    until = day_field(_("Until"), _("The first day on which it is no longer; empty means on."), required=False)
    kind = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, categories: list[FlagCategory], reaches: list[FlagReach], kind: FlagKind | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        set_choices(self, "category", [(each.value, each.label) for each in categories])
        set_choices(self, "reach", [AS_USUAL, *((each.value, each.label) for each in reaches)])
        say_nothing_of_optional(self, "reach")
        if kind is not None:
            self.initial = {**self.initial, **values_of_kind(kind, reaches)}

    def details(self) -> FlagDetails:
        values = {name: self.cleaned_data[name] for name in OF_FLAG}
        return FlagDetails(**values, kind_id=self.cleaned_data["kind"])


def values_of_kind(kind: FlagKind, reaches: list[FlagReach]) -> dict[str, Any]:
    reach = kind.reach if kind.reach in reaches else ""
    found = {"text": kind.name, "category": kind.category, "severity": kind.severity}
    return found | {"reach": reach, "kind": kind.pk}


def values_of_flag(flag: Flag) -> dict[str, Any]:
    return {name: getattr(flag, name) for name in OF_FLAG}


class EndFlagForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("It is over, or it was a mistake: the words stay in the record."),
    )


class FlagKindForm(forms.Form):
    name = forms.CharField(label=_("Words"), max_length=120, widget=forms.TextInput(attrs=OFF))
    category = forms.ChoiceField(label=_("About what"), choices=FlagCategory.choices)
    severity = forms.ChoiceField(label=_("How grave"), choices=FlagSeverity.choices, initial=FlagSeverity.CAUTION)
    reach = forms.ChoiceField(label=_("Who sees it"), choices=[AS_USUAL, *FlagReach.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "reach")

    def details(self) -> FlagKindDetails:
        return FlagKindDetails(**self.cleaned_data)
