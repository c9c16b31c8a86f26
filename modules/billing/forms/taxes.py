"""The forms of the rates of tax."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from babel.core import Locale
from django import forms
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.tax_presets import PRESETS
from modules.billing.domain.taxes import Category
from modules.billing.forms.desk import DAY, number_field
from modules.billing.models import (
    CATEGORY_LABELS,
    LONGEST_TAX_CODE,
    LONGEST_TAX_NAME,
    LONGEST_TAX_REASON,
    StampDuty,
    TaxRules,
)
from modules.billing.services import RateDetails
from webui.fields import say_nothing_of_optional, set_choices


class RateForm(forms.Form):
    """What a rate is from a day on."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_TAX_NAME, help_text=_("A name on the list: that one changes on the day.")
    )
    category = forms.ChoiceField(
        label=_("What it is"), choices=[(each.value, label) for each, label in CATEGORY_LABELS.items()]
    )
    percent = number_field(label=_("Per cent"), required=False, min_value=0, max_value=100, decimal_places=2)
    valid_from = forms.DateField(label=_("Valid from"), widget=DAY)
    reason = forms.CharField(
        label=_("Why nothing is due"),
        required=False,
        max_length=LONGEST_TAX_REASON,
        help_text=_("By which law. It stands on the bill."),
    )
    code = forms.CharField(
        label=_("Its code"),
        required=False,
        max_length=LONGEST_TAX_CODE,
        help_text=_("On electronic invoices: N4 in Italy, VATEX-EU-132-1C elsewhere."),
    )
    is_usual = forms.BooleanField(label=_("Meant where just the percentage is said"), required=False, initial=True)

    def __init__(self, data: Any, *, on: date) -> None:
        super().__init__(data, initial={"valid_from": on, "category": Category.STANDARD.value})
        say_nothing_of_optional(self, "percent", "reason", "code", "is_usual")

    def details(self) -> RateDetails:
        data = dict(self.cleaned_data)
        data["percent"] = data["percent"] if data["percent"] is not None else Decimal(0)
        return RateDetails(**(data | {"category": Category(data["category"])}))


class StampDutyForm(forms.Form):
    stamp_duty = forms.ChoiceField(
        label=_("On bills over more than 77.47 euro that bear no tax"),
        required=False,
        choices=StampDuty.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any, *, rules: TaxRules) -> None:
        super().__init__(data, initial={"stamp_duty": rules.stamp_duty})
        say_nothing_of_optional(self)

    def chosen(self) -> StampDuty:
        return StampDuty(self.cleaned_data["stamp_duty"])


class CountryForm(forms.Form):
    """Whose rates are taken over."""

    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, data: Any, *, country: str) -> None:
        super().__init__(data, initial={"country": country}, auto_id="of_%s")
        names = Locale.parse(to_locale(get_language() or "en")).territories
        known = [(code, names.get(code, code)) for code, rates in PRESETS.items() if rates]
        set_choices(self, "country", sorted(known, key=lambda choice: choice[1]))
