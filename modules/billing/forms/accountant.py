"""What the accountant calls our accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.charts import PRESETS, Chart, Number
from modules.billing.models import CHART_LABELS, AccountantRules
from modules.billing.selectors.accountant import MappedAccount
from modules.billing.services.accountant import WishedAccountant, name_of
from webui.fields import say_nothing_of_optional


class AccountantForm(forms.Form):
    """The numbers of the practice, and of each account one, with whether DATEV reckons its tax by itself."""

    consultant = forms.IntegerField(label=_("Consultant number"), required=False)
    client = forms.IntegerField(label=_("Client number"), required=False)
    first_month = forms.TypedChoiceField(label=_("The fiscal year begins in"), choices=list(MONTHS.items()), coerce=int)
    account_length = forms.IntegerField(label=_("Digits of account numbers"))
    chart = forms.ChoiceField(label=_("Chart of accounts"), required=False, choices=list(CHART_LABELS.items()))

    def __init__(self, data: Any, *, rules: AccountantRules, mapping: Sequence[MappedAccount]) -> None:
        names = ("consultant", "client", "first_month", "account_length", "chart")
        super().__init__(data, initial={name: getattr(rules, name) for name in names})
        self.mapping = mapping
        for each in mapping:
            self.fields[name_of(each.key)] = forms.CharField(
                label=each.label, required=False, max_length=9, initial=each.number
            )
            self.fields[f"automatic-{name_of(each.key)}"] = forms.BooleanField(
                label=_("Automatic account: %(account)s") % {"account": each.label},
                required=False,
                initial=each.is_automatic,
            )
        say_nothing_of_optional(self)

    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[name_of(each.key)], self[f"automatic-{name_of(each.key)}"]) for each in self.mapping]

    def numbers_of_practice(self) -> list[Any]:
        return [self[name] for name in ("consultant", "client", "first_month", "account_length", "chart")]

    def wish(self) -> WishedAccountant:
        told = self.cleaned_data
        return WishedAccountant(
            consultant=told["consultant"],
            client=told["client"],
            first_month=told["first_month"],
            account_length=told["account_length"],
            chart=Chart(told["chart"]),
            numbers={
                each.key: Number(told[name_of(each.key)].strip(), told[f"automatic-{name_of(each.key)}"])
                for each in self.mapping
            },
        )


class ChartForm(forms.Form):
    chart = forms.ChoiceField(choices=[(chart.value, CHART_LABELS[chart]) for chart in PRESETS])
