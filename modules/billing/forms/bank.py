"""Files of the bank: sent, their columns said, and their lines decided on by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from modules.billing.domain.bank.tables import Role
from modules.billing.models import Invoice
from modules.billing.services.bank.columns import Waiting, WishedColumns
from modules.billing.services.settling.receiving import Share
from webui.fields import MoneyField, say_nothing_of_optional

TAKEN = ".xml,.csv,.txt,.tsv,.xlsx,.ods,text/csv,text/xml,application/xml"
SAMPLES = 3
REASONS = (_("Own transfer"), _("Fees of the bank"), _("Stripe payout"), _("Rent, wages, taxes"))
ROLE_LABELS = {
    Role.DATE: _("Date"),
    Role.VALUE_DATE: _("Value date"),
    Role.AMOUNT: _("Amount, with its sign"),
    Role.DEBIT: _("What went"),
    Role.CREDIT: _("What came"),
    Role.CURRENCY: _("Currency"),
    Role.TEXT: _("Text of the transfer"),
    Role.NAME: _("Name of the other party"),
    Role.IBAN: _("IBAN of the other party"),
    Role.REFERENCE: _("Reference"),
    Role.BANK_REFERENCE: _("The bank's own number"),
}


class StatementForm(forms.Form):
    file = forms.FileField(
        label=_("Statement"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": TAKEN, "data-dropzone": ""}),
        help_text=_("Drop it here, or choose it. camt.053 (XML), or a table (CSV, Excel), up to 5 MB."),
    )


class Column(NamedTuple):
    """A column as the page asks about it."""

    header: str
    samples: Sequence[str]
    field: Any


class ColumnsForm(forms.Form):
    """What each column is; how dates and amounts are meant; whose account it is."""

    account = forms.CharField(label=_("Account of the practice"), max_length=60, help_text=_("Its IBAN, or number."))
    day_first = forms.ChoiceField(
        label=_("Dates such as 03/04/2026"),
        required=False,
        choices=[("", _("As the file shows")), ("yes", _("Day first: 3 April")), ("no", _("Month first: 4 March"))],
    )
    decimal_sign = forms.ChoiceField(
        label=_("Before the cents stands"),
        required=False,
        choices=[("", _("As the file shows")), (",", _("a comma: 1.234,56")), (".", _("a point: 1,234.56"))],
    )

    def __init__(self, data: Any = None, *, waiting: Waiting) -> None:
        start = waiting.suggested
        first = {None: "", True: "yes", False: "no"}[start.day_first] if waiting.is_known else ""
        signs = start.decimal_sign if waiting.is_known else ""
        super().__init__(data, initial={"account": start.account, "day_first": first, "decimal_sign": signs})
        self.waiting = waiting
        choices = [("", _("Leave out")), *((role.value, label) for role, label in ROLE_LABELS.items())]
        for place, header in enumerate(waiting.headers):
            chosen = start.roles[place]
            field = forms.ChoiceField(
                label=header or _now("Column %(n)d") % {"n": place + 1},
                choices=choices,
                required=False,
                initial=chosen.value if chosen else "",
            )
            self.fields[f"column_{place}"] = field
        say_nothing_of_optional(self)

    def columns(self) -> Iterator[Column]:
        for place, header in enumerate(self.waiting.headers):
            samples = [row[place] for row in self.waiting.rows if row[place]][:SAMPLES]
            yield Column(header, samples, self[f"column_{place}"])

    def wished(self) -> WishedColumns:
        data = self.cleaned_data
        chosen = [data[f"column_{place}"] for place in range(len(self.waiting.headers))]
        return WishedColumns(
            roles=tuple(Role(each) if each else None for each in chosen),
            account=data["account"],
            day_first={"yes": True, "no": False}.get(data["day_first"]),
            decimal_sign=data["decimal_sign"],
        )


class IgnoreForm(forms.Form):
    """Why a line is nothing of ours."""

    reason = forms.CharField(label=_("Why"), max_length=200)


class ShareForm(forms.Form):
    """How much of a line is for which invoice; what is beyond is credit, if that is meant."""

    keep_rest = forms.BooleanField(label=_("Keep what is beyond as credit of the client"), required=False)

    def __init__(
        self, data: Any = None, *, owed: Sequence[Invoice], amount: Money, first: Invoice | None = None
    ) -> None:
        super().__init__(data)
        self.owed, self.amount = list(owed), amount
        for invoice in self.owed:
            usual = min(invoice.to_pay, amount) if first is not None and invoice.pk == first.pk else None
            self.fields[f"share-{invoice.pk}"] = MoneyField(label=_("Amount"), required=False, initial=usual)
        say_nothing_of_optional(self)

    def rows(self) -> Iterator[tuple[Invoice, forms.BoundField]]:
        for invoice in self.owed:
            yield invoice, self[f"share-{invoice.pk}"]

    def shares(self) -> list[Share]:
        """Return the shares, the fully paid ones last: what is beyond is kept with one of them."""
        found = [
            Share(invoice=invoice, amount=amount)
            for invoice in self.owed
            if (amount := self.cleaned_data[f"share-{invoice.pk}"])
        ]
        return sorted(found, key=lambda share: share.amount >= share.invoice.to_pay)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = [data[name] for name in self.fields if name.startswith("share-") and data.get(name)]
        total = sum((each.minor for each in given), 0)
        if not given:
            raise forms.ValidationError(_("Say how much is for which invoice."))
        if total < self.amount.minor and not data.get("keep_rest"):
            raise forms.ValidationError(_("This is less than what came. Share out the rest, or keep it as credit."))
        return data


class FindForm(forms.Form):
    """Find the invoice that a line pays."""

    q = forms.CharField(label=_("Number or name"), required=False, max_length=100)
