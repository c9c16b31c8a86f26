"""Switzerland: 8.1, 2.6 and 3.8 % since 2024; medical treatment is outside (Art. 21 Abs. 2 MWSTG)."""

from __future__ import annotations

from datetime import date

from modules.billing.tests.countries.bills import Line, bill


def test_the_rates_of_2024_hold_for_what_is_supplied_from_then_on() -> None:
    """107.70 at 7.7 % has 7.70 of tax in it; at 8.1 % it has 107.70 × 8.1 ÷ 108.1 = 8.07."""
    last, first = (
        bill("CH", Line("107.70", "7.7"), currency="CHF", on=day) for day in (date(2023, 12, 31), date(2024, 1, 1))
    )

    assert (last.tax, last.net) == ("7.70", "100.00")
    assert (first.tax, first.net) == ("8.07", "99.63")
    assert last.gross == first.gross == "107.70"


def test_a_massage_at_8_1_and_tea_at_2_6_with_five_per_cent_off_the_whole() -> None:
    """5 % of 118.36 is 5.92: 5.41 off 108.10 and 0.51 off 10.26.

    102.69 × 8.1 ÷ 108.1 = 7.69 and 9.75 × 2.6 ÷ 102.6 = 0.25.
    """
    mixed = bill("CH", Line("108.10", "8.1"), Line("10.26", "2.6"), currency="CHF", less="5")

    assert mixed.taxes == {"2.6": "0.25", "8.1": "7.69"}
    assert (mixed.net, mixed.tax, mixed.gross) == ("104.50", "7.94", "112.44")


def test_physiotherapy_is_exempt() -> None:
    assert bill("CH", Line("93.50", "0"), currency="CHF").rates[0].category == "E"
