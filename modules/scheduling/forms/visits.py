"""What is filled in about a visit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from modules.scheduling.models import Side


class CancelForm(forms.Form):
    """Why a visit is called off, on whose side, and what was agreed to pay, in the tenant's currency."""

    side = forms.ChoiceField(
        label=_("On whose side"),
        choices=[(side.value, side.label) for side in (Side.PATIENT, Side.PRACTICE)],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    fee = forms.CharField(label=_("Fee agreed"), max_length=20, required=False)
    refund = forms.CharField(label=_("To be paid back"), max_length=20, required=False)
    notify = forms.BooleanField(label=_("Tell the client by e-mail"), required=False, initial=True)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_fee(self) -> Money:
        return self._amount("fee")

    def clean_refund(self) -> Money:
        return self._amount("refund")

    def _amount(self, name: str) -> Money:
        try:
            amount = Money.parse(self.cleaned_data[name] or "0", self.currency)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        if amount.minor < 0:
            raise forms.ValidationError(_("An amount is not negative."))
        return amount
