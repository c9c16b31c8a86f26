"""Amounts of money: whole minor units and an ISO 4217 currency. Never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision

from kernel.errors import Invalid

LARGEST_MINOR_UNITS = 10**15  # fits a bigint with room for sums; no small practice invoices more


class MoneyMismatch(Invalid):
    """Two currencies met in one sum."""

    code = "currency-mismatch"


class NotAnAmount(Invalid):
    """Text that is not an amount in this currency."""

    code = "not-an-amount"


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`Money(1250, "EUR")` is 12.50 euro. The exponent comes from CLDR: 2 for EUR, 0 for JPY, 3 for KWD."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Money:
        """Read a decimal amount such as "12.50". Raises `NotAnAmount` rather than rounding what was typed."""
        try:
            amount = Decimal(str(text).strip())
        except InvalidOperation:
            raise NotAnAmount(f"“{text}” is not an amount.") from None
        if not amount.is_finite() or abs(amount) * 10 ** exponent(currency) > LARGEST_MINOR_UNITS:
            raise NotAnAmount(f"“{text}” is not an amount we can keep.")
        scaled = amount.scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise NotAnAmount(f"{currency} has no more than {exponent(currency)} decimal places; got {text}.")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, factor: Decimal | int) -> Money:
        """Multiply, rounding half away from zero to the minor unit: the rule of EN 16931 for line amounts."""
        product = (Decimal(self.minor) * factor).quantize(Decimal(1), ROUND_HALF_UP)
        return Money(int(product), self.currency)

    def split(self, parts: int) -> list[Money]:
        """Divide into `parts` amounts that add back exactly; the first ones carry the odd minor units."""
        each, odd = divmod(self.minor, parts)
        return [Money(each + (1 if place < odd else 0), self.currency) for place in range(parts)]

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        """The amount as it goes over the wire: "12.50", with every decimal place of the currency."""
        return f"{self.decimal:.{exponent(self.currency)}f}"

    def shown(self, locale: str) -> str:
        """The amount for a person who reads `locale` (a BCP 47 or POSIX tag)."""
        return format_currency(self.decimal, self.currency, locale=locale.replace("-", "_"))

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyMismatch(f"{self.currency} and {other.currency} cannot be added up.")


def exponent(currency: str) -> int:
    """Return how many decimal places the currency has, as CLDR says."""
    return get_currency_precision(currency)


def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")
