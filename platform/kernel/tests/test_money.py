"""Amounts are whole minor units, and nothing is ever lost between them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money, MoneyMismatch, NotAnAmount, exponent

amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(["EUR", "GBP", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        ("1250", "JPY", 1250),
        ("1.250", "KWD", 1250),
        ("-0.01", "GBP", -1),
    ],
)
def test_an_amount_is_read_in_the_currencys_own_decimal_places(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e400", "12.345", "1,50", "9" * 40])
def test_what_is_not_an_amount_is_refused_rather_than_rounded(text: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text, "EUR")


@given(amounts, currencies)
def test_an_amount_survives_the_wire(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.parse(str(money), currency) == money
    assert len(str(money).partition(".")[2]) == exponent(currency)


@given(amounts, st.integers(1, 50))
def test_a_split_adds_back_exactly(minor: int, parts: int) -> None:
    shares = Money(minor, "EUR").split(parts)

    assert sum(share.minor for share in shares) == minor
    assert max(share.minor for share in shares) - min(share.minor for share in shares) <= 1


@pytest.mark.parametrize(
    ("minor", "factor", "product"), [(5, "0.5", 3), (-5, "0.5", -3), (333, "3", 999), (1, "0.4", 0)]
)
def test_a_product_is_rounded_half_away_from_zero(minor: int, factor: str, product: int) -> None:
    assert Money(minor, "EUR").times(Decimal(factor)).minor == product


def test_two_currencies_are_never_added_up() -> None:
    with pytest.raises(MoneyMismatch):
        Money(1, "EUR") + Money(1, "GBP")


def test_an_amount_is_shown_as_its_reader_writes_it() -> None:
    assert Money(123450, "GBP").shown("en-gb") == "£1,234.50"
    assert Money(123450, "EUR").shown("it").replace("\xa0", " ") == "1.234,50 €"
