"""The forms of the stock's pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from kernel.numbers import plain
from modules.inventory.domain.stock import DECIMAL_PLACES, Kind
from modules.inventory.models import Item
from modules.inventory.services import ItemDetails
from modules.scheduling import public as scheduling
from tenancy import current_tenant
from webui.fields import MoneyField, set_choices


def number_field(*, decimal_places: int = DECIMAL_PLACES, is_first: bool = False, **options: Any) -> forms.DecimalField:
    """A number that is typed: no little arrows, no rounding, the digits that the ledger keeps."""
    attrs = {"inputmode": "decimal", "autocomplete": "off", "autofocus": is_first}
    widget = forms.TextInput(attrs=attrs)
    digits = 9 + decimal_places
    return forms.DecimalField(max_digits=digits, decimal_places=decimal_places, localize=True, widget=widget, **options)


class ItemForm(forms.Form):
    """An item on the list. How much of it there is, is never typed here: stock moves."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.CharField(label=_("Code"), max_length=40)
    unit = forms.CharField(
        label=_("Unit"), max_length=20, initial=_("piece"), help_text=_("What one of it is: a piece, a roll, a litre.")
    )
    category = forms.CharField(label=_("Category"), max_length=60, required=False)
    barcode = forms.CharField(label=_("Barcode"), max_length=40, required=False)
    price = MoneyField(label=_("Price"), required=False, help_text=_("What a customer pays, tax included."))
    tax_rate = number_field(
        label=_("Tax in the price, per cent"), decimal_places=2, min_value=0, max_value=100, initial=0
    )
    cost = MoneyField(label=_("Cost"), required=False, help_text=_("What one costs you."))
    reorder_point = number_field(
        label=_("Order again at"), min_value=0, initial=0, help_text=_("At this many or fewer it counts as low.")
    )

    def details(self) -> ItemDetails:
        nothing = Money.zero(current_tenant().currency)
        data = self.cleaned_data
        return ItemDetails(**(data | {"price": data["price"] or nothing, "cost": data["cost"] or nothing}))


class MoveForm(forms.Form):
    """Stock that comes or goes. Who may only take is not asked which."""

    kind = forms.ChoiceField(
        label=_("What happens"),
        choices=[(Kind.INBOUND.value, _("Received")), (Kind.OUTBOUND.value, _("Taken out"))],
        widget=forms.RadioSelect,
        initial=Kind.INBOUND.value,
    )
    quantity = number_field(label=_("Quantity"), is_first=True)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, may_receive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "move-%s"
        if not may_receive:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["kind"].initial = Kind.OUTBOUND.value


class CountForm(forms.Form):
    counted = number_field(label=_("Found on the shelf"), min_value=0, is_first=True)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "count-%s"


class MaterialForm(forms.Form):
    """What one visit of a service uses up of an item."""

    service = forms.ChoiceField(label=_("Service"), widget=forms.Select(attrs={"autofocus": True}))
    quantity = number_field(label=_("Quantity per visit"), min_value=0, help_text=_("0: nothing any more."))

    def __init__(self, *args: Any, services: Sequence[scheduling.ServiceCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "material-%s"
        set_choices(self, "service", [(str(service.id), service.name) for service in services])


class UseForm(forms.Form):
    """Something that was used, in a note. `missing` says that it was, though the ledger has too little of it."""

    item = forms.UUIDField(widget=forms.HiddenInput())
    quantity = number_field(label=_("Quantity"), initial=1)
    reason = forms.CharField(label=_("Why it is put right"), max_length=200, required=False)
    missing = forms.BooleanField(required=False, widget=forms.HiddenInput())


def values_of(item: Item) -> dict[str, Any]:
    """Return what the form to change an item starts with."""
    values = {name: getattr(item, name) for name in ItemForm.base_fields}
    numbers = {name: Decimal(plain(values[name])) for name in ("tax_rate", "reorder_point")}
    return values | numbers
