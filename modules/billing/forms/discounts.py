"""The forms of discounts and surcharges, their reasons, and how much each role may give."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from access.models import Role
from kernel.numbers import plain
from modules.billing.domain.adjustments import Kind
from modules.billing.forms.desk import number_field
from modules.billing.models import KIND_LABELS, LONGEST_REASON, Adjustment, Invoice
from modules.billing.services import WishedAdjustment
from webui.fields import MoneyField, say_nothing_of_optional, set_choices


class AdjustmentForm(forms.Form):
    """How much less or more, of what, and why."""

    kind = forms.ChoiceField(
        label=_("What"), choices=[(kind.value, KIND_LABELS[kind]) for kind in Kind], widget=forms.RadioSelect
    )
    line = forms.TypedChoiceField(label=_("On"), required=False, coerce=UUID, empty_value=None)
    percent = number_field(label=_("Per cent"), required=False, decimal_places=2)
    amount = MoneyField(label=_("Or an amount"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        help_text=_("It stands on the bill. A discount needs one."),
    )

    def __init__(self, data: Any, *, invoice: Invoice, row: Adjustment | None = None, line: str = "") -> None:
        known: dict[str, Any] = {"kind": Kind.DISCOUNT.value, "line": line}
        if row is not None:
            known = {"kind": row.kind, "line": row.line_id, "amount": row.amount, "reason": row.reason}
            known["percent"] = Decimal(plain(row.percent)) if row.percent is not None else None
        super().__init__(data, initial=known, auto_id="adjust_%s")  # beside the payment's
        say_nothing_of_optional(self)
        lines = [(str(each.pk), each.description) for each in invoice.lines.all() if each.is_adjustable]
        set_choices(self, "line", [("", _("The whole invoice")), *lines])
        if row is not None:
            del self.fields["line"]

    def wished(self) -> WishedAdjustment:
        data = self.cleaned_data
        return WishedAdjustment(
            kind=Kind(data["kind"]), percent=data["percent"], amount=data["amount"], reason=data["reason"]
        )


class ReasonForm(forms.Form):
    text = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON)


class LimitsForm(forms.Form):
    """A field for each role that has a limit; left empty, it has none."""

    def __init__(self, data: Any, *, limits: Mapping[str, Decimal | None]) -> None:
        known = {role: Decimal(plain(percent)) for role, percent in limits.items() if percent is not None}
        super().__init__(data, initial=known)
        for role in limits:
            self.fields[role] = number_field(
                label=Role(role).label, required=False, min_value=0, max_value=100, decimal_places=2
            )
        say_nothing_of_optional(self)

    def percents(self) -> dict[str, Decimal | None]:
        return dict(self.cleaned_data)
