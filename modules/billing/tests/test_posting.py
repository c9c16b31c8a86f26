"""What happenings are in the books, as an accountant would write them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.posting import (
    Account,
    Billed,
    Posting,
    balanced,
    for_credit,
    for_invoice,
    for_kept,
    for_payment,
    for_returned,
    for_session,
)
from modules.billing.domain.states import Method
from modules.billing.domain.sums import Amounts, TaxOfRate

TWENTY, FIVE = Decimal(20), Decimal(5)
minor = st.integers(-(10**12), 10**12)
rates = st.sampled_from([Decimal(0), FIVE, TWENTY])


def amounts(net: int, tax: int) -> Amounts:
    return Amounts(Money(net, "GBP"), Money(tax, "GBP"), Money(net + tax, "GBP"))


def test_an_invoice_is_owed_for_what_was_sold_and_its_tax_at_each_rate() -> None:
    lines = [
        Billed(Account.SALES, amounts(4000, 800), TWENTY),
        Billed(Account.SALES, amounts(1000, 200), TWENTY),
        Billed(Account.PACKAGES, amounts(2000, 100), FIVE),
        Billed(Account.DEPOSITS, amounts(-500, -100), TWENTY),
    ]

    assert for_invoice(lines) == (
        Posting(Account.RECEIVABLE, 7500),
        Posting(Account.DEPOSITS, 500, TWENTY),
        Posting(Account.PACKAGES, -2000, FIVE),
        Posting(Account.SALES, -5000, TWENTY),
        Posting(Account.TAX, -100, FIVE),
        Posting(Account.TAX, -900, TWENTY),
    )


def test_what_is_paid_beyond_what_is_owed_is_the_clients_credit() -> None:
    assert for_payment(Method.STRIPE, 5800, balance=5000) == (
        Posting(Account.RECEIVABLE, -5000),
        Posting(Account.CREDIT, -800),
        Posting(Account.STRIPE, 5800),
    )


def test_a_credit_note_is_the_invoice_backwards_and_credit_beyond_what_was_owed() -> None:
    lines = [Billed(Account.SALES, amounts(4000, 800), TWENTY)]

    assert for_credit(lines, balance=4000) == (
        Posting(Account.RECEIVABLE, -4000),
        Posting(Account.CREDIT, -800),
        Posting(Account.SALES, 4000, TWENTY),
        Posting(Account.TAX, 800, TWENTY),
    )


def test_a_deposit_that_is_kept_stays_taxed_and_one_that_is_paid_back_does_not() -> None:
    part = [TaxOfRate(TWENTY, amounts(2000, 400))]

    assert for_kept(part) == (Posting(Account.DEPOSITS, 2000, TWENTY), Posting(Account.FEES, -2000, TWENTY))
    assert for_returned(part) == (
        Posting(Account.DEPOSITS, 2000, TWENTY),
        Posting(Account.TAX, 400, TWENTY),
        Posting(Account.PAID_BACK, -2400),
    )


def test_a_session_that_is_given_back_is_owed_again() -> None:
    assert for_session(-4545, FIVE) == (Posting(Account.PACKAGES, -4545, FIVE), Posting(Account.SALES, 4545, FIVE))


@given(
    lines=st.lists(st.tuples(st.sampled_from([Account.SALES, Account.DEPOSITS]), minor, minor, rates), max_size=6),
    paid=st.integers(1, 10**12),
    owed=st.integers(0, 10**12),
)
def test_whatever_happens_adds_up_to_nothing(
    lines: list[tuple[Account, int, int, Decimal]], paid: int, owed: int
) -> None:
    billed = [Billed(account, amounts(net, tax), rate) for account, net, tax, rate in lines]
    parts = [TaxOfRate(rate, amounts(net, tax)) for _account, net, tax, rate in lines]

    for postings in (
        for_invoice(billed),
        for_credit(billed, balance=owed),
        for_payment(Method.CASH, paid, balance=owed),
        for_kept(parts),
        for_returned(parts),
        for_session(paid, TWENTY),
    ):
        assert balanced(postings)
        assert all(each.minor for each in postings)
