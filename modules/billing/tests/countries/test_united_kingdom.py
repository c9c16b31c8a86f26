"""The United Kingdom: 20 and 5 %, zero-rated goods, and health, which is exempt: two kinds of nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from modules.billing.domain.tax_presets import preset_of
from modules.billing.domain.taxes import rate_for
from modules.billing.tests.countries.bills import Line, bill


def test_a_follow_up_is_exempt_and_a_foam_roller_is_not() -> None:
    """58.00 exempt; 24.00 with 20 % is 20.00 and 4.00."""
    visit = bill("GB", Line("58.00", "0"), Line("24.00", "20"), currency="GBP")

    assert (visit.net, visit.tax, visit.gross) == ("78.00", "4.00", "82.00")
    assert [rate.category for rate in visit.rates] == ["E", "S"]


def test_in_a_shop_nothing_means_zero_rated() -> None:
    book = bill("GB", Line("12.00", "0"), currency="GBP", treats_people=False)

    assert (book.rates[0].category, book.rates[0].reason) == ("Z", "")


def test_a_clinic_that_sells_a_book_says_so_by_its_category() -> None:
    rates = preset_of("GB", treats_people=True)

    assert rate_for(Decimal(0), rates, on=date(2026, 3, 2), category="Z").name == "Zero"


def test_a_third_off_three_lines_of_a_penny_leaves_two_pence() -> None:
    """33.33 % of 0.03 is 0.01 (0.009999 rounded). Two pence at 20 % included: 0.02 × 20 ÷ 120 = 0.0033, no tax."""
    tiny = bill("GB", *[Line("0.01", "20")] * 3, currency="GBP", less="33.33")

    assert (tiny.net, tiny.tax, tiny.gross) == ("0.02", "0.00", "0.02")
