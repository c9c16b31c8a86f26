"""Form fields that several modules share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from tenancy import current_tenant


class MoneyField(forms.CharField):
    """An amount in the tenant's currency, or in `currency`: cleans to `Money`, or None if left empty.

    People write 12,50 where others write 12.50; a comma before the last digits is read as the decimal point. An amount
    with both, such as 1,250.00, is refused rather than guessed.
    """

    default_error_messages = {"negative": _("This cannot be less than nothing.")}

    def __init__(self, *, currency: str = "", **options: Any) -> None:
        self.currency = currency
        options.setdefault("max_length", 20)
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            currency = self.currency or current_tenant().currency
            amount = Money.parse(text.replace(",", ".") if "." not in text else text, currency)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        if amount.minor < 0:
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Money) else value


def set_choices(form: BaseForm, name: str, choices: Any) -> None:
    """Have a field of choices offer these."""
    field: Any = form.fields[name]
    field.choices = choices


def say_nothing_of_optional(form: BaseForm, *names: str) -> None:
    """Do not mark these fields, or all of them, as optional: one of several will do, or an empty one is a choice."""
    for name in names or form.fields:
        field: Any = form.fields[name]
        field.says_optional = False


def set_rows(form: BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Have a field of rows offer these."""
    field: Any = form.fields[name]
    field.queryset = rows


def rows_of(form: BaseForm, name: str) -> QuerySet[Any]:
    """Return the rows that a field offers."""
    field: Any = form.fields[name]
    found: QuerySet[Any] = field.queryset
    return found
