"""Where an invoice stands by its money, and a checkout by its news."""

from __future__ import annotations

from itertools import permutations

import pytest

from modules.billing.domain.numbers import shown_number
from modules.billing.domain.states import FORWARD, Checkout, Status, is_forward, status_of


@pytest.mark.parametrize(
    ("gross", "paid", "status"),
    [
        (100, 0, Status.ISSUED),
        (100, 50, Status.PARTIAL),
        (100, 99, Status.PARTIAL),
        (100, 100, Status.PAID),
        (100, 150, Status.PAID),
        (0, 0, Status.PAID),
    ],
)
def test_the_money_says_where_an_invoice_stands(gross: int, paid: int, status: Status) -> None:
    assert status_of(due=gross, paid=paid) is status


@pytest.mark.parametrize("news", list(permutations([Checkout.OPEN, Checkout.EXPIRED, Checkout.PAID])))
def test_whatever_the_order_of_the_news_a_paid_checkout_ends_paid(news: tuple[Checkout, ...]) -> None:
    state = Checkout.OPENING
    for then in news * 2:
        state = then if is_forward(state, then) else state

    assert state is Checkout.PAID


def test_no_state_goes_back() -> None:
    for number, now in enumerate(FORWARD):
        assert [is_forward(now, then) for then in FORWARD] == [place > number for place in range(len(FORWARD))]


@pytest.mark.parametrize(("number", "shown"), [(1, "2026-0001"), (41, "2026-0041"), (12345, "2026-12345")])
def test_numbers_are_shown_by_year(number: int, shown: str) -> None:
    assert shown_number(2026, number) == shown
