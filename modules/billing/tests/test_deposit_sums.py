"""A deposit and the bill after it come to the price, whatever the taxes."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.deposits import deposit_on, part_of
from modules.billing.domain.sums import Amounts, Charge, TaxOfRate, add_up

money = st.integers(1, 10**7)
rates = st.decimals(0, 100, places=2)


@given(prices=st.lists(st.tuples(money, rates), min_size=1, max_size=3), inclusive=st.booleans(), data=st.data())
def test_what_is_paid_before_and_after_is_the_price_with_its_taxes(
    prices: list[tuple[int, Decimal]], inclusive: bool, data: st.DataObject
) -> None:
    """In net, tax and gross, however the deposit is used up: by one bill or by two that follow each other."""
    bill = add_up(_charges(prices), currency="EUR", prices_include_tax=inclusive).total
    asked = [
        deposit_on(
            Money(price, "EUR"),
            percent=data.draw(st.decimals(0, 100, places=2)),
            amount=data.draw(st.none() | _euros()),
        )
        for price, _rate in prices
    ]
    paid = add_up(
        [Charge(Decimal(1), each, rate) for each, (_p, rate) in zip(asked, prices, strict=True)],
        currency="EUR",
        prices_include_tax=True,
    )
    lines = [TaxOfRate(rate, amounts) for (_p, rate), amounts in zip(prices, paid.lines, strict=True)]
    whole = paid.total.gross.minor
    first = data.draw(st.integers(0, whole))
    taken = [*part_of(lines, start=0, size=first), *part_of(lines, start=first, size=whole - first)]

    for part in ("net", "tax", "gross"):
        off = sum(getattr(each.amounts, part).minor for each in taken)
        final = getattr(bill, part).minor - off
        assert getattr(paid.total, part).minor + final == getattr(bill, part).minor
    assert sum(each.amounts.gross.minor for each in taken) == whole <= bill.gross.minor
    assert all(each.amounts.net.minor + each.amounts.tax.minor == each.amounts.gross.minor for each in taken)


def _charges(prices: list[tuple[int, Decimal]]) -> list[Charge]:
    return [Charge(Decimal(1), Money(price, "EUR"), rate) for price, rate in prices]


def _euros() -> st.SearchStrategy[Money]:
    return money.map(lambda minor: Money(minor, "EUR"))


def test_a_part_of_a_deposit_bears_its_part_of_the_tax() -> None:
    paid = [TaxOfRate(Decimal(20), Amounts(Money(2417, "GBP"), Money(483, "GBP"), Money(2900, "GBP")))]

    first, second = next(part_of(paid, start=0, size=1000)), next(part_of(paid, start=1000, size=1900))

    assert (first.amounts.tax.minor, second.amounts.tax.minor) == (167, 316)
