"""What an invoice adds up to: textbook cases, and what holds for all of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.sums import Charge, add_up, shared_out


def charge(price: int, rate: str = "20", quantity: str = "1", currency: str = "EUR") -> Charge:
    return Charge(Decimal(quantity), Money(price, currency), Decimal(rate))


def in_minor(amounts: object) -> tuple[int, int, int]:
    return tuple(getattr(amounts, part).minor for part in ("net", "tax", "gross"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("charges", "inclusive", "total"),
    [
        ([charge(5800, "0")], True, (5800, 0, 5800)),
        ([charge(4500)], True, (3750, 750, 4500)),
        ([charge(4500)], False, (4500, 900, 5400)),
        ([charge(999, "22")], True, (819, 180, 999)),
        ([charge(1000, "22", "0.333")], True, (273, 60, 333)),
        ([charge(1, "20")] * 3, False, (3, 1, 4)),
        ([charge(1, "20")] * 3, True, (2, 1, 3)),
        ([charge(1000, "5"), charge(2000, "20"), charge(300, "0")], True, (2919, 381, 3300)),
        ([], True, (0, 0, 0)),
    ],
    ids=["untaxed", "included", "on top", "Italy", "a third", "on top, pence", "included, pence", "rates", "nothing"],
)
def test_textbook_cases(charges: list[Charge], inclusive: bool, total: tuple[int, int, int]) -> None:
    sums = add_up(charges, currency="EUR", prices_include_tax=inclusive)

    assert in_minor(sums.total) == total


def test_rounding_line_by_line_would_be_off_and_is_not_done() -> None:
    """Three lines of 0.33 at 20 % on top: each rounds to 0.07, together 0.21; on their sum it is 0.20."""
    sums = add_up([charge(33)] * 3, currency="EUR", prices_include_tax=False)

    assert [line.tax.minor for line in sums.lines] == [7, 7, 6]
    assert in_minor(sums.total) == (99, 20, 119)


def test_half_a_minor_unit_is_rounded_away_from_zero() -> None:
    assert in_minor(add_up([charge(25, "10")], currency="EUR", prices_include_tax=False).total) == (25, 3, 28)


def test_a_currency_without_cents_has_none() -> None:
    sums = add_up([charge(105, "10", currency="JPY")], currency="JPY", prices_include_tax=True)

    assert str(sums.total.tax) == "10"


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(10, [1, 1, 1], [4, 3, 3]), (0, [5, 5], [0, 0]), (7, [0, 7], [0, 7]), (0, [], []), (2, [1, 98, 1], [0, 2, 0])],
)
def test_what_is_shared_out_goes_to_whom_it_was_cut_short_the_most(
    total: int, weights: list[int], shares: list[int]
) -> None:
    assert shared_out(total, weights) == shares


rates = st.sampled_from([Decimal(rate) for rate in ("0", "4", "5", "5.5", "9.5", "10", "19", "20", "22", "25", "100")])
charges = st.lists(
    st.builds(
        lambda quantity, price, rate: Charge(quantity, Money(price, "EUR"), rate),
        st.decimals(Decimal("0.001"), Decimal(999), places=3),
        st.integers(0, 10**7),
        rates,
    ),
    max_size=15,
)


@given(charges, st.booleans())
def test_lines_and_taxes_both_add_up_to_the_total(charges: list[Charge], inclusive: bool) -> None:
    sums = add_up(charges, currency="EUR", prices_include_tax=inclusive)

    for part in range(3):
        total = in_minor(sums.total)[part]
        assert sum(in_minor(line)[part] for line in sums.lines) == total
        assert sum(in_minor(tax.amounts)[part] for tax in sums.taxes) == total
    for each in (*sums.lines, *(tax.amounts for tax in sums.taxes), sums.total):
        assert each.net + each.tax == each.gross
        assert min(in_minor(each)) >= 0


@given(charges, st.booleans())
def test_what_people_were_told_is_what_they_pay(charges: list[Charge], inclusive: bool) -> None:
    """Prices with tax make the total; prices without it make the net: line by line, to the minor unit."""
    sums = add_up(charges, currency="EUR", prices_include_tax=inclusive)

    for asked, line in zip(charges, sums.lines, strict=True):
        assert (line.gross if inclusive else line.net) == asked.unit_price.times(asked.quantity)


@given(charges, st.booleans())
def test_the_tax_of_each_rate_is_the_one_of_its_sum_and_each_lines_is_within_one_unit(
    charges: list[Charge], inclusive: bool
) -> None:
    sums = add_up(charges, currency="EUR", prices_include_tax=inclusive)

    for tax in sums.taxes:
        base = tax.amounts.gross.minor if inclusive else tax.amounts.net.minor
        of = 100 + tax.rate if inclusive else Decimal(100)
        assert tax.amounts.tax.minor == int((base * tax.rate / of).quantize(Decimal(1), ROUND_HALF_UP))
        for asked, line in zip(charges, sums.lines, strict=True):
            if asked.tax_rate == tax.rate and base:
                own = line.gross.minor if inclusive else line.net.minor
                assert abs(line.tax.minor - Decimal(tax.amounts.tax.minor) * own / base) < 1


@given(charges, st.booleans(), st.randoms())
def test_the_order_of_the_lines_changes_no_total(charges: list[Charge], inclusive: bool, chance: object) -> None:
    shuffled = list(charges)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    first = add_up(charges, currency="EUR", prices_include_tax=inclusive)
    second = add_up(shuffled, currency="EUR", prices_include_tax=inclusive)
    assert (first.total, first.taxes) == (second.total, second.taxes)
