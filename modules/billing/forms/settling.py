"""The forms of what becomes of an invoice's money: paid back, used, written off, or received for several at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.states import Method
from modules.billing.forms.desk import AT_THE_DESK
from modules.billing.forms.tills import ask_for_till
from modules.billing.models import METHOD_LABELS, Invoice
from modules.billing.services import Share, WayBack, WishedRefund
from modules.billing.services.tills import Drawers
from webui.fields import MoneyField, say_nothing_of_optional, set_choices

REASON = 200
METHODS = [(method.value, METHOD_LABELS[method]) for method in AT_THE_DESK]


class PayBackForm(forms.Form):
    """How much goes back by which way, and why. What did not come by it may go by another."""

    reason = forms.CharField(label=_("Reason"), max_length=REASON)
    other = MoneyField(label=_("Amount"), required=False)
    other_method = forms.ChoiceField(label=_("Or by another way"), required=False)

    def __init__(self, data: Any, *, ways: Sequence[WayBack], drawers: Drawers) -> None:
        super().__init__(data)
        self.ways = list(ways)
        for number, way in enumerate(self.ways):
            self.fields[f"way-{number}"] = MoneyField(label=_("Amount"), required=False, initial=way.amount)
        set_choices(self, "other_method", METHODS)
        say_nothing_of_optional(self)
        ask_for_till(self, drawers)

    def rows(self) -> Iterator[tuple[WayBack, forms.BoundField]]:
        for number, way in enumerate(self.ways):
            yield way, self[f"way-{number}"]

    def wished(self) -> list[WishedRefund]:
        data = self.cleaned_data
        parts = [
            WishedRefund(amount=amount, method=Method(way.payment.method), payment_id=way.payment.pk)
            for number, way in enumerate(self.ways)
            if (amount := data[f"way-{number}"])
        ]
        if data["other"]:
            parts.append(WishedRefund(amount=data["other"], method=Method(data["other_method"])))
        return parts


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=REASON)


class TakeBackForm(ReasonForm):
    """Why a payment is taken back; and out of which till, if it was cash."""

    def __init__(self, data: Any, *, drawers: Drawers) -> None:
        super().__init__(data)
        ask_for_till(self, drawers)


class WriteOffForm(ReasonForm):
    """How much is given up, and why."""

    amount = MoneyField(label=_("Amount"))
    field_order = ("amount", "reason")


class UseCreditForm(forms.Form):
    """Which invoice is paid with credit."""

    target = forms.TypedChoiceField(label=_("Use for"), coerce=UUID)

    def __init__(self, data: Any, *, owed: Sequence[Invoice], locale: str) -> None:
        super().__init__(data)
        set_choices(self, "target", [(str(each.pk), f"{each} · {each.to_pay.shown(locale)}") for each in owed])


class ReceiveForm(forms.Form):
    """One sum of money, and how much of it is for which invoice of a client."""

    payment_method = forms.ChoiceField(label=_("Paid by"), choices=METHODS, widget=forms.RadioSelect)
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)

    def __init__(self, data: Any, *, owed: Sequence[Invoice], drawers: Drawers) -> None:
        super().__init__(data, initial={"payment_method": Method.BANK_TRANSFER.value})
        self.owed = list(owed)
        for number, invoice in enumerate(self.owed):
            self.fields[f"share-{number}"] = MoneyField(label=_("Amount"), required=False, initial=invoice.to_pay)
        say_nothing_of_optional(self)
        ask_for_till(self, drawers)

    def rows(self) -> Iterator[tuple[Invoice, forms.BoundField]]:
        for number, invoice in enumerate(self.owed):
            yield invoice, self[f"share-{number}"]

    def shares(self) -> list[Share]:
        return [
            Share(invoice=invoice, amount=amount)
            for number, invoice in enumerate(self.owed)
            if (amount := self.cleaned_data[f"share-{number}"])
        ]
