"""The forms about documents: what their numbers begin with, and what is credited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from modules.billing.domain.credits import Creditable
from modules.billing.domain.numbers import LONGEST_PREFIX
from modules.billing.domain.states import DocumentKind
from modules.billing.forms.tills import ask_for_till
from modules.billing.models import DOCUMENT_LABELS, InvoiceLine
from modules.billing.services import WishedCredit, WishedPrefix
from modules.billing.services.tills import Drawers
from modules.scheduling import public as scheduling
from webui.fields import MoneyField, say_nothing_of_optional, set_choices


class PrefixForm(forms.Form):
    """What the numbers of a series begin with, from this year or the next."""

    kind = forms.ChoiceField(label=_("Of"), choices=[(kind.value, label) for kind, label in DOCUMENT_LABELS.items()])
    location = forms.TypedChoiceField(label=_("At"), required=False, coerce=UUID, empty_value=None)
    begins_with = forms.CharField(
        label=_("Prefix"),
        required=False,
        max_length=LONGEST_PREFIX,
        help_text=_("Such as NORTH: the numbers begin with it. Left empty, a location counts with the practice."),
    )
    year = forms.TypedChoiceField(
        label=_("From"), coerce=int, help_text=_("A year of which numbers are given out keeps its prefix.")
    )

    def __init__(self, *args: Any, year: int, places: Sequence[scheduling.LocationCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "location", "begins_with")
        set_choices(self, "location", [("", _("The practice")), *((str(place.id), place.name) for place in places)])
        set_choices(self, "year", [(str(year), str(year)), (str(year + 1), str(year + 1))])

    def wished(self) -> WishedPrefix:
        data = self.cleaned_data
        return WishedPrefix(
            kind=DocumentKind(data["kind"]), location_id=data["location"], prefix=data["begins_with"], year=data["year"]
        )


@dataclass(frozen=True, slots=True)
class CreditRow:
    """A line of the invoice in the form: what is left of it, and its fields."""

    number: int
    line: InvoiceLine
    left: Money
    quantity: forms.BoundField
    amount: forms.BoundField
    restock: forms.BoundField | None


class CreditForm(forms.Form):
    """Why an invoice is credited, and what of it: everything that is left, or so much of each line."""

    WHOLE, PART = "whole", "part"

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands on the credit note."))
    scope = forms.ChoiceField(
        label=_("Credit"),
        choices=[(WHOLE, _("Everything that is left")), (PART, _("A part: say how much of which line"))],
        initial=WHOLE,
        widget=forms.RadioSelect,
    )

    give_back = forms.BooleanField(
        label=_("Pay the money back the way it came"),
        required=False,
        help_text=_("Otherwise what is then paid too much stays as the client's credit."),
    )

    def __init__(
        self,
        data: Any,
        *,
        states: Mapping[UUID, tuple[InvoiceLine, Creditable]],
        drawers: Drawers,
        may_give_back: bool = False,
    ) -> None:
        super().__init__(data)
        if may_give_back:
            ask_for_till(self, drawers)
        else:
            del self.fields["give_back"]
        self.lines = [(line, state) for line, state in states.values() if state.left > 0 and line.deposit_id is None]
        for number, (line, _state) in enumerate(self.lines):
            self.fields[f"quantity-{number}"] = forms.DecimalField(
                label=_("Quantity"),
                required=False,
                localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
            self.fields[f"amount-{number}"] = MoneyField(label=_("Or an amount"), required=False)
            if line.item_id:
                self.fields[f"restock-{number}"] = forms.BooleanField(label=_("Back on the shelf"), required=False)
        say_nothing_of_optional(self)

    def rows(self) -> Iterator[CreditRow]:
        for number, (line, state) in enumerate(self.lines):
            yield CreditRow(
                number,
                line,
                Money(state.left, line.currency),
                self[f"quantity-{number}"],
                self[f"amount-{number}"],
                self[f"restock-{number}"] if line.item_id else None,
            )

    def chosen(self) -> list[int]:
        """Return the places of the lines of which something is credited."""
        if self.cleaned_data["scope"] == self.WHOLE:
            return list(range(len(self.lines)))
        return [
            number
            for number in range(len(self.lines))
            if any(self.cleaned_data[f"{name}-{number}"] is not None for name in ("quantity", "amount"))
        ]

    def wished(self) -> list[WishedCredit]:
        is_part, data = self.cleaned_data["scope"] == self.PART, self.cleaned_data
        return [
            WishedCredit(
                line_id=self.lines[number][0].pk,
                quantity=data[f"quantity-{number}"] if is_part else None,
                amount=data[f"amount-{number}"] if is_part else None,
                restock=data.get(f"restock-{number}", False),
            )
            for number in self.chosen()
        ]
