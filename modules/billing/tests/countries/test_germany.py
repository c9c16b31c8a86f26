"""Germany: 19 and 7 %, for half of 2020 16 and 5 %; medical care is exempt (§ 4 Nr. 14 UStG)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from facturx import xml_check_xsd
from lxml import etree

from modules.billing.einvoices.cii import cii
from modules.billing.tests.countries.bills import Line, bill
from modules.billing.tests.test_e_invoice_sums import RAM, SELLER, bill_of, one


def test_a_training_at_19_per_cent() -> None:
    """119.00 with tax is 100.00 without it."""
    training = bill("DE", Line("119.00", "19"), currency="EUR")

    assert (training.net, training.tax, training.gross) == ("100.00", "19.00", "119.00")


def test_treatment_is_exempt_and_says_by_which_paragraph() -> None:
    treatment = bill("DE", Line("48.50", "0"), currency="EUR")

    assert (treatment.tax, treatment.rates[0].category) == ("0.00", "E")
    assert treatment.rates[0].reason == "Steuerfrei nach § 4 Nr. 14 UStG"


@pytest.mark.parametrize(
    ("day", "taxes"),
    [
        (date(2020, 6, 30), {"7": "7.00", "19": "19.00"}),
        (date(2020, 7, 1), {"5": "5.10", "16": "16.41"}),
        (date(2020, 12, 31), {"5": "5.10", "16": "16.41"}),
        (date(2021, 1, 1), {"7": "7.00", "19": "19.00"}),
    ],
)
def test_the_day_of_the_supply_decides_and_the_price_list_stays(day: date, taxes: dict[str, str]) -> None:
    """The list says 119.00 at 19 % and 107.00 at 7 %. In July 2020: 119 × 16 ÷ 116 = 16.41 and 107 × 5 ÷ 105 = 5.10."""
    supplied = bill("DE", Line("119.00", "19"), Line("107.00", "7"), currency="EUR", on=day)

    assert supplied.taxes == taxes
    assert supplied.gross == "226.00"


def test_prices_without_tax_with_a_tenth_off_one_line() -> None:
    """3 × 33.33 = 99.99, less 10 % (10.00) is 89.99; with 50.00 it is 139.99. 19 % of that are 26.60."""
    b2b = bill("DE", Line("33.33", "19", quantity="3", less="10"), Line("50.00", "19"), currency="EUR", inclusive=False)

    assert (b2b.net, b2b.tax, b2b.gross) == ("139.99", "26.60", "166.59")


# -- EN 16931


def test_a_firm_gets_en_16931_with_each_rate_and_the_paragraph_of_what_is_exempt() -> None:
    """119.00 at 19 %, 107.00 at 7 % and treatment of 48.50: 248.50 without tax, 26.00 of it, 274.50."""
    lines = [(11900, "1", "19", 0), (10700, "1", "7", 0), (4850, "1", "0", 0)]
    told = bill_of(lines, inclusive=True, country="DE")
    seller = replace(SELLER, country="DE", vat_id="DE136695976", postal_code="10115", city="Berlin")

    content = cii(replace(told, seller=seller))

    assert xml_check_xsd(content, flavor="factur-x", level="en16931")
    tree = etree.fromstring(content)
    parts = [
        tuple(tax.findtext(f"{RAM}{name}") for name in ("CategoryCode", "RateApplicablePercent", "CalculatedAmount"))
        for tax in tree.iterfind(f".//{RAM}ApplicableHeaderTradeSettlement/{RAM}ApplicableTradeTax")
    ]
    assert parts == [("E", "0", "0.00"), ("S", "7", "7.00"), ("S", "19", "19.00")]
    assert tree.findtext(f".//{RAM}ExemptionReason") == "Steuerfrei nach § 4 Nr. 14 UStG"
    assert tree.findtext(f".//{RAM}ExemptionReasonCode") == "VATEX-EU-132-1C"
    assert one(tree, "SpecifiedTradeSettlementHeaderMonetarySummation/GrandTotalAmount") == Decimal("274.50")
