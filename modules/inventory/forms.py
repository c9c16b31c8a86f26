"""The forms of the stock's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item
from modules.inventory.services import ItemDetails
from tenancy import current_tenant
from webui.fields import MoneyField


def quantity_field(**options: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(max_digits=12, decimal_places=3, localize=True, widget=widget, **options)


class ItemForm(forms.Form):
    """An item on the list. How much of it there is, is never typed here: stock moves."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.CharField(label=_("Code"), max_length=40)
    unit = forms.CharField(label=_("Unit"), max_length=20, initial=_("piece"))
    category = forms.CharField(label=_("Category"), max_length=60, required=False)
    barcode = forms.CharField(label=_("Barcode"), max_length=40, required=False)
    price = MoneyField(label=_("Price"), required=False, help_text=_("What a customer pays, tax included."))
    tax_rate = forms.DecimalField(
        label=_("Tax in the price, per cent"), min_value=0, max_value=100, decimal_places=2, initial=0, localize=True
    )
    cost = MoneyField(label=_("Cost"), required=False, help_text=_("What one costs you."))
    reorder_point = quantity_field(
        label=_("Order again at"), min_value=0, initial=0, help_text=_("At this many or fewer it counts as low.")
    )

    def details(self) -> ItemDetails:
        nothing = Money.zero(current_tenant().currency)
        data = self.cleaned_data
        return ItemDetails(**data | {"price": data["price"] or nothing, "cost": data["cost"] or nothing})


class MoveForm(forms.Form):
    """Stock that comes or goes."""

    kind = forms.ChoiceField(
        label=_("What happens"),
        choices=[(Kind.INBOUND.value, _("Received")), (Kind.OUTBOUND.value, _("Taken out"))],
        widget=forms.RadioSelect,
        initial=Kind.INBOUND.value,
    )
    quantity = quantity_field(label=_("Quantity"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, may_receive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_receive:
            self.fields["kind"].choices = [(Kind.OUTBOUND.value, _("Taken out"))]  # type: ignore[attr-defined]
            self.fields["kind"].initial = Kind.OUTBOUND.value


class CountForm(forms.Form):
    counted = quantity_field(label=_("Found on the shelf"), min_value=0)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class MaterialForm(forms.Form):
    """What one visit of a service uses up of an item."""

    service = forms.ChoiceField(label=_("Service"))
    quantity = quantity_field(label=_("Quantity per visit"), min_value=0, help_text=_("0: nothing any more."))

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = [(str(service.id), service.name) for service in services]  # type: ignore[attr-defined]


def values_of(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ItemForm.base_fields}
