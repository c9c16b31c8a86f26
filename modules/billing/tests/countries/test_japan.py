"""Japan: no decimals. 10 %, and 8 % for food; medical care is exempt."""

from __future__ import annotations

from datetime import date

from modules.billing.tests.countries.bills import Line, bill


def test_a_yen_has_no_parts() -> None:
    """¥1,000 at 10 % included: 1000 × 10 ÷ 110 = 90.9, so ¥91. ¥500 of food at 8 %: 500 × 8 ÷ 108 = 37.03, so ¥37."""
    basket = bill("JP", Line("1000", "10"), Line("500", "8"), currency="JPY")

    assert basket.taxes == {"8": "37", "10": "91"}
    assert (basket.net, basket.tax, basket.gross) == ("1372", "128", "1500")


def test_the_rate_of_before_october_2019_was_8_per_cent_for_all() -> None:
    assert bill("JP", Line("1080", "10"), currency="JPY", on=date(2019, 9, 30)).taxes == {"8": "80"}


def test_fifteen_per_cent_off_is_rounded_to_a_whole_yen() -> None:
    """15 % of ¥333 is 49.95, so ¥50 off. ¥283 × 10 ÷ 110 = 25.7, so ¥26."""
    less = bill("JP", Line("333", "10", less="15"), currency="JPY")

    assert (less.net, less.tax, less.gross) == ("257", "26", "283")
