"""Coins and notes, and what a drawer should hold."""

from __future__ import annotations

import pytest

from kernel.money import Money, is_currency
from modules.billing.domain.posting import Account, balanced, for_cash_move, for_difference
from modules.billing.domain.tills import DENOMINATIONS, Reckoning, counted_in_pieces, denominations


@pytest.mark.parametrize(
    ("currency", "pieces", "shown"),
    [
        ("GBP", {2000: 3, 100: 4, 1: 7}, "64.07"),
        ("EUR", {50000: 1, 2: 50}, "501.00"),
        ("JPY", {10000: 2, 500: 3, 1: 4}, "21504"),  # no decimal places
        ("KWD", {20000: 1, 250: 2, 5: 3}, "20.515"),  # three of them
        ("USD", {}, "0.00"),
    ],
)
def test_a_count_is_what_its_coins_and_notes_come_to(currency: str, pieces: dict[int, int], shown: str) -> None:
    assert str(counted_in_pieces(pieces, currency).sum) == shown


@pytest.mark.parametrize("pieces", [{3: 1}, {100: -1}, {100: 10**9}], ids=["no such coin", "less than none", "a truck"])
def test_nobody_counts_coins_that_there_are_not(pieces: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="no such coin"):
        counted_in_pieces(pieces, "GBP")


def test_coins_and_notes_are_known_once_each_the_largest_first() -> None:
    for currency, values in DENOMINATIONS.items():
        assert is_currency(currency)
        assert list(values) == sorted(set(values), reverse=True)
    assert denominations("XOF") == ()
    assert denominations("JPY")[0] == Money(10000, "JPY")


def test_a_drawer_should_hold_what_went_in_less_what_went_out() -> None:
    assert Reckoning(opening=5000, payments=5800, refunds=300, paid_in=1000, paid_out=250).expected == 11250


@pytest.mark.parametrize("minor", [250, -250])
def test_what_goes_in_and_out_of_a_drawer_is_entered_twice(minor: int) -> None:
    for postings, other in ((for_cash_move(minor), Account.PETTY), (for_difference(minor), Account.DIFFERENCES)):
        assert balanced(postings)
        assert {each.account: each.minor for each in postings} == {Account.CASH: minor, other: -minor}
    assert for_difference(0) == ()
