"""Kuwait: three decimals, and no value added tax."""

from __future__ import annotations

from modules.billing.tests.countries.bills import Line, bill


def test_a_visit_costs_what_it_costs_to_the_fils() -> None:
    visit = bill("KW", Line("12.345", "0", quantity="3"), currency="KWD")

    assert (visit.net, visit.tax, visit.gross) == ("37.035", "0.000", "37.035")
    assert (visit.rates[0].category, visit.rates[0].reason) == ("O", "No value added tax is levied in Kuwait")


def test_a_tenth_off_is_rounded_to_the_fils() -> None:
    """A tenth of 12.345 is 1.2345, so 1.235 off: 11.110 are left."""
    assert bill("KW", Line("12.345", "0", less="10"), currency="KWD").gross == "11.110"


def test_one_dinar_off_three_lines_is_shared_out_to_the_fils() -> None:
    """1.000 off 3 × 3.333 = 9.999: what is left adds up to 8.999."""
    assert bill("KW", *[Line("3.333", "0")] * 3, amount_less="1.000", currency="KWD").gross == "8.999"
