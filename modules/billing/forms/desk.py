"""The forms of the billing pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.numbers import plain
from modules.billing.domain.states import Method
from modules.billing.forms.tills import ask_for_till
from modules.billing.models import (
    LONGEST_CODE,
    LONGEST_NAME,
    LONGEST_UNIT,
    METHOD_LABELS,
    Letterhead,
    TreatmentCode,
)
from modules.billing.services import (
    CodeDetails,
    LetterheadDetails,
    WishedLine,
    WishedRule,
)
from modules.billing.services.tills import Drawers
from modules.inventory import public as inventory
from modules.scheduling import public as scheduling
from webui.fields import MoneyField, say_nothing_of_optional, set_choices

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
AT_THE_DESK = (Method.CARD, Method.CASH, Method.BANK_TRANSFER)
BLANK_LINES = 3


class PaymentForm(forms.Form):
    """What somebody pays at the desk."""

    amount = MoneyField(label=_("Amount"))
    payment_method = forms.ChoiceField(
        label=_("Paid by"), choices=[(m.value, METHOD_LABELS[m]) for m in AT_THE_DESK], widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=100, required=False, help_text=_("What the slip or the bank calls it.")
    )
    keep_rest = forms.BooleanField(label=_("By bank, and more than is owed: keep the rest as credit"), required=False)

    def __init__(self, *args: Any, drawers: Drawers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "reference", "keep_rest")
        ask_for_till(self, drawers)
        self.order_fields(["amount", "payment_method", "till_session"])


class InvoiceForm(forms.Form):
    """An invoice that is written by hand. Whom it is for is chosen beside it."""

    due_date = forms.DateField(
        label=_("Due"),
        required=False,
        widget=DAY,
        help_text=_("Left empty: the usual term, counted from the day it is sent."),
    )


class LineForm(forms.Form):
    """One line. With an item, what is left empty is the item's."""

    item = forms.TypedChoiceField(label=_("From stock"), required=False, coerce=UUID, empty_value=None)
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    quantity = forms.DecimalField(
        label=_("Quantity"),
        initial=1,
        max_digits=12,
        decimal_places=3,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    unit_price = MoneyField(label=_("Price"), required=False)
    tax_rate = forms.DecimalField(
        label=_("Tax %"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, items: Sequence[inventory.ItemCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self)
        choices = [(str(item.id), item.name) for item in items]
        set_choices(self, "item", [("", "–"), *choices])

    @property
    def is_blank(self) -> bool:
        data = self.cleaned_data
        return not (data.get("item") or data.get("description") or data.get("unit_price"))

    def wished(self) -> WishedLine:
        data = self.cleaned_data
        return WishedLine(
            description=data["description"],
            quantity=data["quantity"] if data["quantity"] is not None else Decimal(1),
            unit_price=data["unit_price"],
            tax_rate=data["tax_rate"],
            item_id=data["item"],
        )


class DepositRuleForm(forms.Form):
    """For which service how much is paid before a visit: a share of the price, or an amount."""

    service = forms.TypedChoiceField(label=_("For"), required=False, coerce=UUID, empty_value=None)
    percent = forms.DecimalField(
        label=_("Share of the price, %"),
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("0: no deposit for this service."),
    )
    amount = MoneyField(label=_("Or an amount"), required=False, help_text=_("Never more than the price."))
    minutes = forms.IntegerField(
        label=_("Minutes to pay"),
        initial=30,
        help_text=_("For whoever books online. The time is reserved for so long."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, services: Sequence[scheduling.ServiceCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "service", "percent", "amount")
        choices = [(str(service.id), service.name) for service in services]
        set_choices(self, "service", [("", _("All services without a rule of their own")), *choices])

    def wished(self) -> WishedRule:
        data = self.cleaned_data
        return WishedRule(
            service_id=data["service"], percent=data["percent"], amount=data["amount"], minutes=data["minutes"]
        )


class WaiverForm(forms.Form):
    """Why a deposit is done without."""

    reason = forms.CharField(label=_("Why it is waived"), max_length=200)


class LetterheadForm(forms.ModelForm):
    class Meta:
        model = Letterhead
        fields = ["name", "address", "tax_number", "days_to_pay", "mails_receipts"]
        labels = {
            "name": _("Name"),
            "address": _("Address"),
            "tax_number": _("Tax number"),
            "days_to_pay": _("Days to pay"),
            "mails_receipts": _("Attach the receipt to the mail about each payment and refund"),
        }
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}

    def details(self) -> LetterheadDetails:
        return LetterheadDetails(**self.cleaned_data)


def line_forms(data: Any, *, items: Sequence[inventory.ItemCard], more: int = 0) -> forms.BaseFormSet[LineForm]:
    """Return the lines of an invoice by hand: those that were sent, else blank ones; and `more` blank ones."""
    lines = forms.formset_factory(LineForm, extra=BLANK_LINES, max_num=200, validate_max=True)
    if data is not None and more:
        data = data.copy()
        data["lines-TOTAL_FORMS"] = str(min(_count(data) + more, 200))
    return lines(data, prefix="lines", form_kwargs={"items": items})


def _count(data: Any) -> int:
    text = data.get("lines-TOTAL_FORMS", "")
    return int(text) if text.isdecimal() else BLANK_LINES


def number_field(*, decimal_places: int, **options: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(decimal_places=decimal_places, localize=True, widget=widget, **options)


class TreatmentCodeForm(forms.Form):
    """A line of the price list."""

    code = forms.CharField(label=_("Code"), max_length=LONGEST_CODE)
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, help_text=_("As it stands on the bill."))
    price = MoneyField(label=_("Price"), help_text=_("Of one unit, tax included."))
    unit = forms.CharField(
        label=_("Unit"), max_length=LONGEST_UNIT, initial=_("session"), help_text=_("A session, 15 minutes.")
    )
    tax_rate = number_field(
        label=_("Tax in the price, per cent"), min_value=0, max_value=100, decimal_places=2, initial=0
    )
    service = forms.TypedChoiceField(
        label=_("Usual in"), required=False, coerce=UUID, empty_value=None, help_text=_("It is offered first there.")
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=DAY)
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=DAY,
        help_text=_("The last day, if there is one."),
    )
    is_included = forms.TypedChoiceField(
        label=_("On the bill of a visit"),
        choices=[("no", _("In addition to the price of the visit")), ("yes", _("Included in it: shown, at nothing"))],
        coerce=lambda chosen: chosen == "yes",
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any, *, row: TreatmentCode | None, on: date) -> None:
        known = row and {
            **{name: getattr(row, name) for name in ("code", "name", "price", "unit", "valid_from", "valid_until")},
            "tax_rate": Decimal(plain(row.tax_rate)),
            "service": row.service_id,
            "is_included": "yes" if row.is_included else "no",
        }
        super().__init__(data, initial=known or {"valid_from": on, "is_included": "no"})
        choices = [(str(service.id), service.name) for service in scheduling.services_offered()]
        set_choices(self, "service", [("", _("No service in particular")), *choices])

    def details(self) -> CodeDetails:
        data = dict(self.cleaned_data)
        return CodeDetails(service_id=data.pop("service"), **data)


class PriceListForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xls,.ods,text/csv", "data-dropzone": ""}),
        help_text=_(
            "CSV or a spreadsheet with the columns code, name and price; if you like also unit, tax_rate, service, "
            "included (yes), valid_from and valid_until (2026-12-31)."
        ),
    )


class TreatmentForm(forms.Form):
    """Something that was done, in a note."""

    treatment = forms.UUIDField()
    quantity = number_field(label=_("Quantity"), decimal_places=3, initial=1)


class QuantityForm(forms.Form):
    quantity = number_field(label=_("Quantity"), decimal_places=3)
