"""EN 16931 as a Cross Industry Invoice (UN/CEFACT), in the PDF of the document itself: Factur-X, in Germany ZUGFeRD.

The letters BT and BG are the terms of EN 16931, BR its rules. Each category and rate is one row of the tax breakdown
(BG-23), whatever the reasons are: they stand in it together (BR-E-01).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from facturx import xml_check_xsd
from lxml import etree

from modules.billing.domain.taxes import WITH_REASON, Category
from modules.billing.einvoices.port import Bill, BilledLine, Change, MadeFile, Paper, Party, Taxed, TaxedSum
from modules.billing.einvoices.requirements import lacking_of
from modules.billing.einvoices.trees import Node

SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
GUIDELINE = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
PIECE = "C62"
SEPA_TRANSFER = "58"
CENT = Decimal("0.01")


class FacturX:
    def lacking(self, bill: Bill) -> dict[str, str]:
        lacking = lacking_of(bill)
        if not (bill.seller.vat_id or bill.seller.fiscal_code or bill.seller.tax_number):
            lacking["seller.vat_id"] = _("your VAT number")
        for part in bill.sums:
            if part.taxed.category in WITH_REASON and not part.taxed.reason:
                lacking["taxes.reason"] = _("why nothing is due, on the rate of tax")
        categories = {part.taxed.category for part in bill.sums}
        if Category.REVERSE in categories and not bill.buyer.vat_id:
            lacking["buyer.vat_id"] = _("the client's VAT number")
        if Category.OUTSIDE in categories and len(categories) > 1:
            lacking["taxes.category"] = _("a bill of its own for what is outside the tax")
        return lacking

    def make(self, bill: Bill, *, progressive: str, paper: Paper) -> MadeFile:
        content = cii(bill)
        xml_check_xsd(content, flavor="factur-x", level="en16931")
        return MadeFile(name=f"{bill.number}-factur-x.pdf", content=paper(content), media_type="application/pdf")


def cii(bill: Bill) -> bytes:
    """Return the document as XML."""
    root = Node(etree.Element(f"{{{SPACES['rsm']}}}CrossIndustryInvoice", nsmap=SPACES))
    context = root.put("rsm:ExchangedDocumentContext")
    context.put("ram:GuidelineSpecifiedDocumentContextParameter").put("ram:ID", GUIDELINE)
    _head(root.put("rsm:ExchangedDocument"), bill)
    trade = root.put("rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(bill.lines, start=1):
        _line(trade.put("ram:IncludedSupplyChainTradeLineItem"), number, line)
    agreement = trade.put("ram:ApplicableHeaderTradeAgreement")
    is_outside = any(part.taxed.category == Category.OUTSIDE for part in bill.sums)
    _seller(agreement.put("ram:SellerTradeParty"), bill.seller, is_outside=is_outside)
    _buyer(agreement.put("ram:BuyerTradeParty"), bill.buyer, is_outside=is_outside)
    trade.put("ram:ApplicableHeaderTradeDelivery")
    _settlement(trade.put("ram:ApplicableHeaderTradeSettlement"), bill)
    return root.written()


def _head(node: Node, bill: Bill) -> None:
    node.put("ram:ID", bill.number)
    node.put("ram:TypeCode", CREDIT_NOTE if bill.is_credit_note else INVOICE)
    _day(node.put("ram:IssueDateTime"), bill.issued_on)
    if bill.reason:
        node.put("ram:IncludedNote").put("ram:Content", bill.reason)


def _line(node: Node, number: int, line: BilledLine) -> None:
    """A deposit that is taken off is minus one of it: the price of a thing is never below nothing (BR-27)."""
    quantity = -line.quantity if line.listed < 0 else line.quantity
    node.put("ram:AssociatedDocumentLineDocument").put("ram:LineID", number)
    product = node.put("ram:SpecifiedTradeProduct")
    product.put("ram:Name", line.description)
    product.put_if("ram:Description", line.detail)
    price = node.put("ram:SpecifiedLineTradeAgreement").put("ram:NetPriceProductTradePrice")
    price.put("ram:ChargeAmount", _number(line.listed / quantity))
    delivery = node.put("ram:SpecifiedLineTradeDelivery")
    delivery.put("ram:BilledQuantity", _number(quantity), unitCode=PIECE)
    settlement = node.put("ram:SpecifiedLineTradeSettlement")
    _category(settlement.put("ram:ApplicableTradeTax"), line.taxed)
    if line.change:
        _change(settlement.put("ram:SpecifiedTradeAllowanceCharge"), line.change, line.change_words)
    summed = settlement.put("ram:SpecifiedTradeSettlementLineMonetarySummation")
    summed.put("ram:LineTotalAmount", line.net)


def _change(node: Node, amount: Decimal, words: str) -> None:
    node.put("ram:ChargeIndicator").put("udt:Indicator", "true" if amount > 0 else "false")
    node.put("ram:ActualAmount", abs(amount))
    node.put("ram:Reason", words or (_("Surcharge") if amount > 0 else _("Discount")))


def _category(node: Node, taxed: Taxed) -> None:
    node.put("ram:TypeCode", "VAT")
    node.put("ram:CategoryCode", taxed.category)
    if taxed.category != Category.OUTSIDE:  # BR-O-05
        node.put("ram:RateApplicablePercent", _number(taxed.rate))


def _seller(node: Node, party: Party, *, is_outside: bool) -> None:
    """BR-O-02: who sells outside the tax does not say a VAT number there, but has to say who they are (BR-CO-26)."""
    number = party.fiscal_code or party.tax_number
    if is_outside or not party.vat_id:
        node.put_if("ram:ID", number or party.vat_id)
    node.put("ram:Name", party.name)
    _address(node.put("ram:PostalTradeAddress"), party)
    if party.vat_id and not is_outside:
        node.put("ram:SpecifiedTaxRegistration").put("ram:ID", party.vat_country + party.vat_number, schemeID="VA")
    if number:
        node.put("ram:SpecifiedTaxRegistration").put("ram:ID", number, schemeID="FC")


def _buyer(node: Node, party: Party, *, is_outside: bool) -> None:
    node.put("ram:Name", party.name)
    _address(node.put("ram:PostalTradeAddress"), party)
    if party.vat_id and not is_outside:
        node.put("ram:SpecifiedTaxRegistration").put("ram:ID", party.vat_country + party.vat_number, schemeID="VA")


def _address(node: Node, party: Party) -> None:
    node.put_if("ram:PostcodeCode", party.postal_code)
    node.put_if("ram:LineOne", party.street)
    node.put_if("ram:CityName", party.city)
    node.put("ram:CountryID", party.country)
    node.put_if("ram:CountrySubDivisionName", party.province)


def _settlement(node: Node, bill: Bill) -> None:
    node.put("ram:PaymentReference", bill.number)
    node.put("ram:InvoiceCurrencyCode", bill.currency)
    if bill.seller.iban and not bill.is_credit_note:
        _account(node.put("ram:SpecifiedTradeSettlementPaymentMeans"), bill.seller)
    for part in breakdown(bill.sums):
        _part(node.put("ram:ApplicableTradeTax"), part)
    changes = _alike(bill.changes)
    for each in changes:
        allowance = node.put("ram:SpecifiedTradeAllowanceCharge")
        _change(allowance, each.amount, each.words)
        _category(allowance.put("ram:CategoryTradeTax"), each.taxed)
    _day(node.put("ram:SpecifiedTradePaymentTerms").put("ram:DueDateDateTime"), bill.due_on)
    _totals(node.put("ram:SpecifiedTradeSettlementHeaderMonetarySummation"), bill, changes)
    if bill.corrects:
        before = node.put("ram:InvoiceReferencedDocument")
        before.put("ram:IssuerAssignedID", bill.corrects)
        if bill.corrects_on:
            _day(before.put("ram:FormattedIssueDateTime"), bill.corrects_on, space="qdt")


def _account(node: Node, seller: Party) -> None:
    node.put("ram:TypeCode", SEPA_TRANSFER)
    account = node.put("ram:PayeePartyCreditorFinancialAccount")
    account.put("ram:IBANID", seller.iban)
    account.put("ram:AccountName", seller.name)
    if seller.bic:
        node.put("ram:PayeeSpecifiedCreditorFinancialInstitution").put("ram:BICID", seller.bic)


def _part(node: Node, part: TaxedSum) -> None:
    taxed = part.taxed
    node.put("ram:CalculatedAmount", part.tax)
    node.put("ram:TypeCode", "VAT")
    if taxed.category in WITH_REASON:
        node.put_if("ram:ExemptionReason", taxed.reason)
    node.put("ram:BasisAmount", part.net)
    node.put("ram:CategoryCode", taxed.category)
    if taxed.category in WITH_REASON and taxed.code.startswith("VATEX"):
        node.put("ram:ExemptionReasonCode", taxed.code)
    if taxed.category != Category.OUTSIDE:
        node.put("ram:RateApplicablePercent", _number(taxed.rate))


def _totals(node: Node, bill: Bill, changes: Sequence[Change]) -> None:
    """BT-106 to BT-115. What was paid since is not said: the file is the document as it was issued."""
    charges = sum((each.amount for each in changes if each.amount > 0), Decimal(0))
    allowances = -sum((each.amount for each in changes if each.amount < 0), Decimal(0))
    node.put("ram:LineTotalAmount", sum((line.net for line in bill.lines), Decimal(0)))
    node.put("ram:ChargeTotalAmount", charges.quantize(CENT))
    node.put("ram:AllowanceTotalAmount", allowances.quantize(CENT))
    node.put("ram:TaxBasisTotalAmount", bill.net)
    node.put("ram:TaxTotalAmount", bill.tax, currencyID=bill.currency)
    node.put("ram:GrandTotalAmount", bill.gross)
    node.put("ram:DuePayableAmount", bill.gross)


def breakdown(sums: Sequence[TaxedSum]) -> list[TaxedSum]:
    """Return one sum for each category and rate, with all the reasons for it; a code only if it is the one of all."""
    found: dict[tuple[str, Decimal], TaxedSum] = {}
    for part in sums:
        there = found.get(key := (part.taxed.category, part.taxed.rate))
        found[key] = _together(there, part) if there else part
    return list(found.values())


def _together(one: TaxedSum, other: TaxedSum) -> TaxedSum:
    reasons = dict.fromkeys(each for each in (one.taxed.reason, other.taxed.reason) if each)
    code = one.taxed.code if one.taxed.code == other.taxed.code else ""
    return TaxedSum(
        taxed=replace(one.taxed, reason="; ".join(reasons), code=code), net=one.net + other.net, tax=one.tax + other.tax
    )


def _alike(changes: Sequence[Change]) -> list[Change]:
    """Return one change for each category and rate."""
    found: dict[tuple[str, Decimal], Change] = {}
    for each in changes:
        there = found.get(key := (each.taxed.category, each.taxed.rate))
        found[key] = replace(each, amount=there.amount + each.amount) if there else each
    return [each for each in found.values() if each.amount]


def _day(node: Node, day: date, *, space: str = "udt") -> None:
    node.put(f"{space}:DateTimeString", f"{day:%Y%m%d}", format="102")


def _number(value: Decimal) -> str:
    return f"{round(value, 8).normalize():f}"
