"""What discounts and surcharges come to: textbook cases, and what holds for any mix of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.adjustments import Adjusted, Adjustment, Kind, Reckoning, reckon
from modules.billing.domain.sums import Charge, add_up


def charge(price: int, rate: str = "20", quantity: str = "1") -> Charge:
    return Charge(Decimal(quantity), Money(price, "EUR"), Decimal(rate))


def less(percent: str = "", *, amount: int = 0) -> Adjustment:
    return _adjustment(Kind.DISCOUNT, percent, amount)


def more(percent: str = "", *, amount: int = 0) -> Adjustment:
    return _adjustment(Kind.SURCHARGE, percent, amount)


def _adjustment(kind: Kind, percent: str, amount: int) -> Adjustment:
    if percent:
        return Adjustment(kind=kind, percent=Decimal(percent))
    return Adjustment(kind=kind, amount=Money(amount, "EUR"))


def document(*lines: Adjusted, on_the_whole: tuple[Adjustment, ...] = (), inclusive: bool = True) -> Reckoning:
    return reckon(lines, on_the_whole, currency="EUR", prices_include_tax=inclusive)


def gross(reckoning: Reckoning) -> int:
    return reckoning.sums.total.gross.minor


def test_a_tenth_off_a_line_is_taken_off_before_its_tax() -> None:
    """58.00 less 10 % is 52.20, in which there are 8.70 of tax at 20 %."""
    total = document(Adjusted(charge(5800), (less("10"),))).sums.total

    assert (total.gross.minor, total.tax.minor, total.net.minor) == (5220, 870, 4350)


def test_without_tax_in_the_prices_it_is_put_on_what_is_left() -> None:
    """100.00 less 10.00 is 90.00, and 22 % of that are 19.80."""
    total = document(Adjusted(charge(10000, "22"), (less(amount=1000),)), inclusive=False).sums.total

    assert (total.net.minor, total.tax.minor, total.gross.minor) == (9000, 1980, 10980)


def test_two_tenths_off_are_a_fifth_in_whatever_order() -> None:
    line, whole = charge(1000), (less("10"), less(amount=100))

    assert gross(document(Adjusted(line, whole))) == gross(document(Adjusted(line, whole[::-1]))) == 800


def test_a_discount_of_all_leaves_nothing() -> None:
    reckoned = document(
        Adjusted(charge(33, "7", "3"), (less("100"),)), Adjusted(charge(999)), on_the_whole=(less("100"),)
    )

    assert [line.price.minor for line in reckoned.lines] == [0, 0]
    assert gross(reckoned) == reckoned.sums.total.tax.minor == 0


def test_no_discount_takes_more_than_there_is() -> None:
    reckoned = document(Adjusted(charge(1000), (less("60"), less("60"))), on_the_whole=(less(amount=5000),))

    assert reckoned.lines[0].own == (Money(600, "EUR"), Money(400, "EUR"))
    assert (gross(reckoned), reckoned.of_document) == (0, (Money(0, "EUR"),))


def test_a_surcharge_makes_it_dearer_and_counts_before_any_discount() -> None:
    assert gross(document(Adjusted(charge(1000), (less(amount=1050), more("10"))))) == 50


def test_what_is_taken_off_the_whole_is_shared_out_by_the_largest_remainder() -> None:
    """10.00 off 10.00, 10.00 and 10.00: 3.34, 3.33 and 3.33."""
    lines = [Adjusted(charge(1000)) for _ in range(3)]

    reckoned = document(*lines, on_the_whole=(less(amount=1000),))

    assert [line.shared.minor for line in reckoned.lines] == [-334, -333, -333]
    assert gross(reckoned) == 2000


def test_each_rate_of_tax_bears_its_part_of_what_is_taken_off_the_whole() -> None:
    """30.00 off 100.00 at 22 % and 50.00 at nothing: 20.00 and 10.00. In 80.00 there are 14.43 of tax."""
    lines = Adjusted(charge(10000, "22")), Adjusted(charge(5000, "0"))

    sums = document(*lines, on_the_whole=(less(amount=3000),)).sums

    assert [(str(tax.rate), tax.amounts.gross.minor, tax.amounts.tax.minor) for tax in sums.taxes] == [
        ("0", 4000, 0),
        ("22", 8000, 1443),
    ]


def test_what_costs_nothing_gets_neither_cheaper_nor_dearer_with_the_whole() -> None:
    reckoned = document(Adjusted(charge(0)), on_the_whole=(more(amount=500), less("10")))

    assert (gross(reckoned), [amount.minor for amount in reckoned.of_document]) == (0, [0, 0])


def test_a_part_of_nothing_is_all_of_it() -> None:
    assert less(amount=5).percent_of(Money(0, "EUR")) == 100
    assert less(amount=5).percent_of(Money(20, "EUR")) == 25


currencies = st.sampled_from(["JPY", "EUR", "KWD"])
rates = st.sampled_from([Decimal(rate) for rate in ("0", "2.6", "5.5", "8.1", "10", "19", "20", "22", "100")])
kinds = st.sampled_from(list(Kind))


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[Adjusted], list[Adjustment], str, bool]:
    currency = draw(currencies)
    percents = st.decimals(Decimal("0.01"), Decimal(100), places=2)
    amounts = st.integers(1, 10**6).map(lambda minor: Money(minor, currency))
    adjustments = st.builds(lambda kind, percent: Adjustment(kind=kind, percent=percent), kinds, percents) | st.builds(
        lambda kind, amount: Adjustment(kind=kind, amount=amount), kinds, amounts
    )
    charges = st.builds(
        lambda quantity, price, rate: Charge(quantity, Money(price, currency), rate),
        st.decimals(Decimal("0.001"), Decimal(99), places=3),
        st.integers(0, 10**6),
        rates,
    )
    own = st.lists(adjustments, max_size=3).map(tuple)
    lines = draw(st.lists(st.builds(Adjusted, charges, own), max_size=8))
    return lines, draw(st.lists(adjustments, max_size=3)), currency, draw(st.booleans())


def reckoned(given: tuple[list[Adjusted], list[Adjustment], str, bool]) -> Reckoning:
    lines, whole, currency, inclusive = given
    return reckon(lines, whole, currency=currency, prices_include_tax=inclusive)


def minor(amounts: Any, part: str) -> int:
    return int(getattr(amounts, part).minor)


@given(documents())
def test_lines_and_taxes_both_add_up_to_the_total(given: Any) -> None:
    sums = reckoned(given).sums

    for part in ("net", "tax", "gross"):
        total = minor(sums.total, part)
        assert sum(minor(line, part) for line in sums.lines) == total
        assert sum(minor(tax.amounts, part) for tax in sums.taxes) == total
    for each in (*sums.lines, *(tax.amounts for tax in sums.taxes), sums.total):
        assert each.net + each.tax == each.gross
        assert min(minor(each, part) for part in ("net", "tax", "gross")) >= 0


@given(documents())
def test_list_price_discounts_and_what_is_left_add_up_line_by_line_and_for_the_whole(given: Any) -> None:
    lines, whole, _currency, inclusive = given
    found = reckoned(given)

    for asked, line, amounts in zip(lines, found.lines, found.sums.lines, strict=True):
        assert line.before.minor == line.listed.minor + signed(asked.adjustments, line.own) >= 0
        assert line.price == (amounts.gross if inclusive else amounts.net)
    assert sum(line.shared.minor for line in found.lines) == signed(whole, found.of_document)


def signed(adjustments: Any, amounts: Any) -> int:
    pairs = zip(adjustments, amounts, strict=True)
    return sum(amount.minor if each.kind is Kind.SURCHARGE else -amount.minor for each, amount in pairs)


@given(documents())
def test_each_rates_share_of_the_document_is_within_one_unit_of_its_exact_one(given: Any) -> None:
    lines, whole, _currency, _inclusive = given
    found = reckoned(given)

    base, change = sum(line.before.minor for line in found.lines), signed(whole, found.of_document)
    for rate in {line.charge.tax_rate for line in lines}:
        of_rate = [each for line, each in zip(lines, found.lines, strict=True) if line.charge.tax_rate == rate]
        size, share = sum(line.before.minor for line in of_rate), sum(line.shared.minor for line in of_rate)
        assert abs(share - (Decimal(change) * size / base if base else 0)) < 1


@given(documents())
def test_a_discount_of_all_on_top_leaves_exactly_nothing(given: Any) -> None:
    lines, _whole, currency, inclusive = given
    everything = [Adjustment(kind=Kind.DISCOUNT, percent=Decimal(100))]

    sums = reckon(lines, everything, currency=currency, prices_include_tax=inclusive).sums

    assert {minor(sums.total, part) for part in ("net", "tax", "gross")} == {0}


@given(documents())
def test_without_discounts_it_is_what_the_charges_come_to(given: Any) -> None:
    lines, _whole, currency, inclusive = given
    plain = [Adjusted(line.charge) for line in lines]

    sums = reckon(plain, [], currency=currency, prices_include_tax=inclusive).sums

    charges = [line.charge for line in lines]
    assert sums == add_up(charges, currency=currency, prices_include_tax=inclusive)


@pytest.mark.parametrize(("currency", "price", "left"), [("JPY", 999, 899), ("EUR", 999, 899), ("KWD", 9995, 8995)])
def test_a_tenth_is_rounded_half_away_from_zero_in_any_currency(currency: str, price: int, left: int) -> None:
    """A tenth of 999 is 99.9: 100. A tenth of 9.995 is 0.9995: 1.000."""
    line = Adjusted(
        Charge(Decimal(1), Money(price, currency), Decimal(0)), (Adjustment(kind=Kind.DISCOUNT, percent=Decimal(10)),)
    )

    assert reckon([line], [], currency=currency, prices_include_tax=True).sums.total.gross.minor == left
