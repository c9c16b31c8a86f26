"""A number is written without what it does not need."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.numbers import plain


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [("5", "5"), ("5.000", "5"), ("2.500", "2.5"), ("0.001", "0.001"), ("1000", "1000"), ("0", "0"), ("-3.0", "-3")],
)
def test_a_quantity_is_written_without_trailing_zeros(quantity: str, shown: str) -> None:
    assert plain(Decimal(quantity)) == shown


@given(st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10) ** 8, places=3))
def test_a_written_quantity_reads_back_as_the_same(quantity: Decimal) -> None:
    assert Decimal(plain(quantity)) == quantity
