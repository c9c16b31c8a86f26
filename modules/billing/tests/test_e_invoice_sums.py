"""What an electronic invoice adds up to, by the rules of EN 16931 and those that the SdI looks at.

The Schematron of EN 16931 needs an XSLT 2 processor that is not here; the rules about sums are these tests.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from facturx import xml_check_xsd
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kernel.money import Money
from modules.billing.domain.adjustments import Adjusted, Adjustment, Kind, reckon
from modules.billing.domain.sums import Charge
from modules.billing.domain.tax_presets import preset_of
from modules.billing.domain.taxes import rate_for
from modules.billing.einvoices.cii import cii
from modules.billing.einvoices.fatturapa import fattura, schema
from modules.billing.einvoices.port import Bill, Party
from modules.billing.einvoices.reading import read
from modules.billing.models import Adjustment as Row
from modules.billing.models import Invoice, InvoiceLine

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
CENT = Decimal("0.01")
SELLER = Party(
    name="Studio", street="Via Roma 1", postal_code="00184", city="Roma", country="IT", vat_id="IT12345670017",
    regime="RF01",
)  # fmt: skip
BUYER = Party(name="Alfa", street="Via Po 2", postal_code="10124", city="Torino", country="IT", vat_id="IT00743110157")


class Rows(list[Any]):
    """Rows that are not in the database, for whoever asks for all of them."""

    def all(self) -> Rows:
        return self


def bill_of(lines: list[tuple[int, str, str, int]], *, inclusive: bool, less: str = "", country: str = "IT") -> Bill:
    """Return the bill of lines (minor units, quantity, rate, per cent off it), with so many per cent off all of it."""
    invoice = Invoice(
        number="2031-0001", currency="EUR", prices_include_tax=inclusive, issue_date=date(2031, 3, 3),
        due_date=date(2031, 3, 17), seller_name="Studio", client_name="Alfa",
    )  # fmt: skip
    rates = preset_of(country, treats_people=True)
    rows, charges = [], []
    for position, (minor, quantity, percent, off) in enumerate(lines, start=1):
        rate = rate_for(Decimal(percent), rates, on=date(2031, 3, 3))
        rows.append(
            InvoiceLine(
                invoice=invoice,
                position=position,
                description=f"Line {position}",
                quantity=Decimal(quantity),
                unit_price_minor=minor,
                tax_rate=rate.percent,
                tax_category=rate.category.value,
                tax_reason=rate.reason,
                tax_code=rate.code,
                currency="EUR",
            )
        )
        own = (Adjustment(kind=Kind.DISCOUNT, percent=Decimal(off)),) if off else ()
        charges.append(Adjusted(Charge(Decimal(quantity), Money(minor, "EUR"), rate.percent), own))
    whole = [Adjustment(kind=Kind.DISCOUNT, percent=Decimal(less))] if less else []
    found = reckon(charges, whole, currency="EUR", prices_include_tax=inclusive)
    for row, priced, amounts in zip(rows, found.lines, found.sums.lines, strict=True):
        row.net_minor, row.tax_minor, row.gross_minor = (
            amounts.net.minor, amounts.tax.minor, amounts.gross.minor,
        )  # fmt: skip
        own_rows = [Row(line=row, kind="DISCOUNT", total_minor=each.minor, currency="EUR") for each in priced.own]
        row._prefetched_objects_cache = {"adjustments": Rows(own_rows)}
    total = found.sums.total
    invoice.net_minor, invoice.tax_minor, invoice.gross_minor = total.net.minor, total.tax.minor, total.gross.minor
    on_all = [
        Row(kind="DISCOUNT", total_minor=each.minor, currency="EUR", reason="Fedeltà") for each in found.of_document
    ]
    invoice._prefetched_objects_cache = {"lines": Rows(rows), "adjustments": Rows(on_all)}
    told = read(invoice)
    return replace(told, seller=SELLER, buyer=BUYER)


def amounts(tree: Any, path: str) -> list[Decimal]:
    return [Decimal(each.text) for each in tree.iterfind(".//" + "/".join(f"{RAM}{name}" for name in path.split("/")))]


def one(tree: Any, path: str) -> Decimal:
    (found,) = amounts(tree, path)
    return found


LINES = st.lists(
    st.tuples(
        st.integers(1, 50_000),
        st.sampled_from(["1", "2", "3", "0.5", "1.25", "7"]),
        st.sampled_from(["0", "4", "10", "22"]),
        st.sampled_from([0, 0, 5, 33, 100]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=120, deadline=None)
@given(lines=LINES, inclusive=st.booleans(), less=st.sampled_from(["", "3", "12.5", "100"]))
def test_every_sum_of_en_16931_holds(lines: list[tuple[int, str, str, int]], inclusive: bool, less: str) -> None:
    """BR-CO-10 to 17, BR-S-08 and its kin, and no rounding (BT-114)."""
    content = cii(bill_of(lines, inclusive=inclusive, less=less))
    assert xml_check_xsd(content, flavor="factur-x", level="en16931")
    tree = etree.fromstring(content)
    summed = "SpecifiedTradeSettlementHeaderMonetarySummation"
    settled = tree.find(f".//{RAM}ApplicableHeaderTradeSettlement")

    of_lines = amounts(tree, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount")
    assert one(settled, f"{summed}/LineTotalAmount") == sum(of_lines)  # BR-CO-10
    allowances, charges = Decimal(0), Decimal(0)
    by_category: dict[tuple[str, str], Decimal] = {}
    for each in settled.findall(f"{RAM}SpecifiedTradeAllowanceCharge"):
        amount = Decimal(each.findtext(f"{RAM}ActualAmount"))
        is_charge = each.find(f"{RAM}ChargeIndicator")[0].text == "true"
        allowances, charges = (allowances, charges + amount) if is_charge else (allowances + amount, charges)
        key = _key(each.find(f"{RAM}CategoryTradeTax"))
        by_category[key] = by_category.get(key, Decimal(0)) + (amount if is_charge else -amount)
    assert one(settled, f"{summed}/AllowanceTotalAmount") == allowances  # BR-CO-11
    assert one(settled, f"{summed}/ChargeTotalAmount") == charges  # BR-CO-12
    basis = one(settled, f"{summed}/TaxBasisTotalAmount")
    assert basis == sum(of_lines) - allowances + charges  # BR-CO-13
    parts = settled.findall(f"{RAM}ApplicableTradeTax")
    taxes = [Decimal(part.findtext(f"{RAM}CalculatedAmount")) for part in parts]
    assert one(settled, f"{summed}/TaxTotalAmount") == sum(taxes)  # BR-CO-14
    assert one(settled, f"{summed}/GrandTotalAmount") == basis + sum(taxes)  # BR-CO-15
    assert one(settled, f"{summed}/DuePayableAmount") == basis + sum(taxes)  # BR-CO-16, nothing paid, nothing rounded
    assert amounts(settled, f"{summed}/RoundingAmount") == []  # BT-114
    for line, net in zip(tree.iterfind(f".//{RAM}IncludedSupplyChainTradeLineItem"), of_lines, strict=True):
        key = _key(line.find(f".//{RAM}ApplicableTradeTax"))
        by_category[key] = by_category.get(key, Decimal(0)) + net
        assert _line_holds(line, net)
    assert len(parts) == len({_key(part) for part in parts}) == len(by_category)  # one breakdown for each
    for part, tax in zip(parts, taxes, strict=True):
        net = Decimal(part.findtext(f"{RAM}BasisAmount"))
        assert net == by_category[_key(part)]  # BR-S-08, BR-E-08
        due = (net * Decimal(_key(part)[1]) / 100).quantize(CENT, ROUND_HALF_UP)
        # BR-CO-17. Worked out of a price with tax in it, a tax may be a cent beside the one of its net amount; the
        # official Schematron lets it be off by less than one unit of the currency.
        assert abs(due - tax) <= (CENT if inclusive else 0)
    assert all(price >= 0 for price in amounts(tree, "NetPriceProductTradePrice/ChargeAmount"))  # BR-27


def _key(tax: Any) -> tuple[str, str]:
    return tax.findtext(f"{RAM}CategoryCode"), tax.findtext(f"{RAM}RateApplicablePercent")


def _line_holds(line: Any, net: Decimal) -> bool:
    """Quantity times price, less what is off, is the line's amount, to the cent."""
    listed = one(line, "NetPriceProductTradePrice/ChargeAmount") * one(
        line, "SpecifiedLineTradeDelivery/BilledQuantity"
    )
    off = sum(amounts(line, "SpecifiedTradeAllowanceCharge/ActualAmount"), Decimal(0))
    return abs(listed - off - net) <= CENT / 2


@settings(max_examples=120, deadline=None)
@given(lines=LINES, inclusive=st.booleans(), less=st.sampled_from(["", "3", "12.5"]))
def test_every_sum_that_the_sdi_looks_at_holds(
    lines: list[tuple[int, str, str, int]], inclusive: bool, less: str
) -> None:
    """Errors 00421 (the tax of a rate), 00422 (its basis) and 00423 (a line): to the cent; and the schema."""
    tree = etree.fromstring(fattura(bill_of(lines, inclusive=inclusive, less=less), progressive="00001"))
    schema().assertValid(tree)

    basis: dict[tuple[str, str], Decimal] = {}
    for line in tree.iterfind(".//DettaglioLinee"):
        total = Decimal(line.findtext("PrezzoTotale"))
        key = (line.findtext("AliquotaIVA"), line.findtext("Natura") or "")
        basis[key] = basis.get(key, Decimal(0)) + total
        off = Decimal(line.findtext("ScontoMaggiorazione/Importo") or 0)
        quantity = Decimal(line.findtext("Quantita") or 1)
        assert abs((Decimal(line.findtext("PrezzoUnitario")) - off) * quantity - total) <= CENT  # 00423
    total = Decimal(0)
    for part in tree.iterfind(".//DatiRiepilogo"):
        net, tax = Decimal(part.findtext("ImponibileImporto")), Decimal(part.findtext("Imposta"))
        key = (part.findtext("AliquotaIVA"), part.findtext("Natura") or "")
        assert net == basis.pop(key)  # 00422
        assert abs((net * Decimal(key[0]) / 100).quantize(CENT, ROUND_HALF_UP) - tax) <= CENT  # 00421
        total += net + tax
    assert basis == {}
    assert Decimal(tree.findtext(".//ImportoTotaleDocumento")) == total


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_discount_on_a_line_and_one_on_the_whole_are_said_without_tax(inclusive: bool) -> None:
    """122.00 with 22 % in it, less 10 % are 109.80; less 10 % of that are 98.82: 81.00 and 17.82."""
    price = 12200 if inclusive else 10000

    bill = bill_of([(price, "1", "22", 10)], inclusive=inclusive, less="10")

    (line,), (change,) = bill.lines, bill.changes
    assert (str(line.listed), str(line.change), str(line.net)) == ("100.00", "-10.00", "90.00")
    assert (str(change.amount), change.words) == ("-9.00", "Fedeltà")
    assert (str(bill.net), str(bill.tax), str(bill.gross)) == ("81.00", "17.82", "98.82")
