"""What is credited in parts adds up to what was billed: textbook cases, and what holds for all of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.credits import Creditable
from modules.billing.domain.sums import Amounts, Charge, add_up


def creditable(gross: int, tax: int, quantity: str = "1", credited: int = 0, taken: str = "0") -> Creditable:
    amounts = Amounts(Money(gross - tax, "EUR"), Money(tax, "EUR"), Money(gross, "EUR"))
    return Creditable(amounts, Decimal(quantity), credited, Decimal(taken))


@pytest.mark.parametrize(
    ("line", "quantity", "gross"),
    [
        (creditable(1000, 167, "3"), "1", 333),
        (creditable(1000, 167, "3", 333, "1"), "1", 334),
        (creditable(1000, 167, "3", 667, "2"), "1", 333),
        (creditable(1000, 167, "3", 500), "3", 500),
        (creditable(0, 0, "2"), "1", 0),
    ],
    ids=["first of three", "second", "last", "all that is left after a reduction", "nothing"],
)
def test_so_many_come_to_so_much(line: Creditable, quantity: str, gross: int) -> None:
    assert line.gross_of(Decimal(quantity)) == gross


def test_a_deposit_that_was_taken_off_is_below_nothing() -> None:
    part = creditable(-1000, -167).part(-1000)

    assert (part.net.minor, part.tax.minor, part.gross.minor) == (-833, -167, -1000)


@given(
    st.integers(0, 10**7),
    st.sampled_from([Decimal(rate) for rate in ("0", "5", "7", "9.5", "19", "20", "22", "25")]),
    st.booleans(),
    st.lists(st.integers(1, 10**6), max_size=12),
)
def test_parts_add_up_to_the_line_in_net_tax_and_gross(
    price: int, rate: Decimal, inclusive: bool, sizes: list[int]
) -> None:
    charge = Charge(Decimal(1), Money(price, "EUR"), rate)
    (whole,) = add_up([charge], currency="EUR", prices_include_tax=inclusive).lines
    credited, parts = 0, []
    for size in [*sizes, whole.gross.minor]:
        line = Creditable(whole, Decimal(1), credited)
        taken = min(size, line.left)
        parts.append(line.part(taken))
        credited += taken

    for name in ("net", "tax", "gross"):
        assert sum(getattr(part, name).minor for part in parts) == getattr(whole, name).minor
        assert all(getattr(part, name).minor >= 0 for part in parts)
    assert all(part.net + part.tax == part.gross for part in parts)


@given(st.integers(0, 10**6), st.integers(1, 10**5), st.lists(st.integers(1, 10**5), max_size=10))
def test_quantities_add_up_to_the_line(price: int, thousandths: int, backs: list[int]) -> None:
    quantity = Decimal(thousandths) / 1000
    gross = Money(price, "EUR").times(quantity).minor
    credited, taken = 0, Decimal(0)
    for back in [*backs, thousandths]:
        line = creditable(gross, 0, str(quantity), credited, str(taken))
        some = min(Decimal(back) / 1000, line.quantity_left)
        if some:
            assert 0 <= line.gross_of(some) <= line.left
            credited, taken = credited + line.gross_of(some), taken + some

    assert (credited, taken) == (gross, quantity)
