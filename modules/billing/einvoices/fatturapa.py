"""FatturaPA for the Sistema di Interscambio: what a private firm or person gets (FPR12), by the schema 1.2.3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from anyascii import anyascii
from django.utils.translation import gettext as _
from lxml import etree

from modules.billing.einvoices.port import Bill, EInvoiceLacks, MadeFile, Paper, Party, Taxed
from modules.billing.einvoices.requirements import lacking_of
from modules.billing.einvoices.trees import Node

SPACE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
SCHEMA = Path(__file__).with_name("schemas") / "FatturaPA_v1.2.3.xsd"
VERSION = "FPR12"
INVOICE, CREDIT_NOTE = "TD01", "TD04"
UNKNOWN_RECIPIENT, ABROAD = "0000000", "XXXXXXX"  # it lies in the client's drawer at the Agenzia; or is abroad
TRANSFER, IN_FULL = "MP05", "TP02"
AT_ONCE = "I"  # esigibilità immediata
NATURA = frozenset(
    {"N1", "N2.1", "N2.2", "N3.1", "N3.2", "N3.3", "N3.4", "N3.5", "N3.6", "N4", "N5", "N7"}
    | {f"N6.{number}" for number in range(1, 10)}
)
VAT_NUMBER, POSTAL_CODE, PROVINCE = re.compile(r"\d{11}"), re.compile(r"\d{5}"), re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the file. One of kind SC or AC is what was taken off or put on the whole."""

    description: str
    quantity: Decimal | None
    price: Decimal
    change: Decimal
    total: Decimal
    taxed: Taxed
    kind: str = ""


class FatturaPA:
    def lacking(self, bill: Bill) -> dict[str, str]:
        seller, buyer = bill.seller, bill.buyer
        lacking = lacking_of(bill)
        if not (seller.vat_country == "IT" and VAT_NUMBER.fullmatch(seller.vat_number)):
            lacking["seller.vat_id"] = _("your partita IVA")
        if not seller.regime:
            lacking["seller.regime"] = _("your tax regime")
        for name, party, words in (
            ("seller", seller, _("your postal code, of five digits")),
            ("buyer", buyer, _("the client's postal code, of five digits")),
        ):
            if party.country == "IT" and not POSTAL_CODE.fullmatch(party.postal_code):
                lacking[f"{name}.postal_code"] = words
        if not (buyer.vat_id or buyer.fiscal_code):
            lacking["buyer.vat_id"] = _("the client's VAT number or codice fiscale")
        if any(not part.taxed.rate and part.taxed.code not in NATURA for part in bill.sums):
            lacking["taxes.code"] = _("the natura of what bears no tax, on its rate")
        if bill.currency != "EUR":
            lacking["currency"] = _("amounts in euro")
        return lacking

    def make(self, bill: Bill, *, progressive: str, paper: Paper) -> MadeFile:
        if lacking := self.lacking(bill):
            raise EInvoiceLacks(lacking)
        content = fattura(bill, progressive=progressive)
        schema().assertValid(etree.fromstring(content))
        name = f"IT{_sender(bill.seller)}_{progressive}.xml"
        return MadeFile(name=name, content=content, media_type="application/xml")


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(SCHEMA))


def fattura(bill: Bill, *, progressive: str) -> bytes:
    """Return the document as XML."""
    root = Node(etree.Element(f"{{{SPACE}}}FatturaElettronica", {"versione": VERSION}, nsmap={"p": SPACE}))
    head = root.put("FatturaElettronicaHeader")
    _transmission(head.put("DatiTrasmissione"), bill, progressive)
    _seller(head.put("CedentePrestatore"), bill.seller)
    _buyer(head.put("CessionarioCommittente"), bill.buyer)
    body = root.put("FatturaElettronicaBody")
    _general(body.put("DatiGenerali"), bill)
    goods, rows = body.put("DatiBeniServizi"), list(rows_of(bill))
    for number, row in enumerate(rows, start=1):
        _row(goods.put("DettaglioLinee"), number, row)
    _sums(goods, bill, rows)
    if bill.seller.iban and not bill.is_credit_note and bill.gross > 0:
        _payment(body.put("DatiPagamento"), bill)
    return root.written()


def _transmission(node: Node, bill: Bill, progressive: str) -> None:
    buyer = bill.buyer
    sender = node.put("IdTrasmittente")
    sender.put("IdPaese", "IT")
    sender.put("IdCodice", _sender(bill.seller))
    node.put("ProgressivoInvio", progressive)
    node.put("FormatoTrasmissione", VERSION)
    usual = UNKNOWN_RECIPIENT if buyer.country == "IT" else ABROAD
    node.put("CodiceDestinatario", buyer.recipient_code or usual)
    if not buyer.recipient_code:
        node.put_if("PECDestinatario", buyer.certified_email)


def _sender(seller: Party) -> str:
    return seller.fiscal_code or seller.vat_number


def _seller(node: Node, party: Party) -> None:
    who = node.put("DatiAnagrafici")
    _vat_number(who, party)
    who.put_if("CodiceFiscale", party.fiscal_code)
    who.put("Anagrafica").put("Denominazione", latin(party.name, 80))
    who.put("RegimeFiscale", party.regime)
    _address(node.put("Sede"), party)


def _buyer(node: Node, party: Party) -> None:
    who = node.put("DatiAnagrafici")
    if party.vat_id:
        _vat_number(who, party)
    if party.country == "IT":
        who.put_if("CodiceFiscale", party.fiscal_code)
    who.put("Anagrafica").put("Denominazione", latin(party.name, 80))
    _address(node.put("Sede"), party)


def _vat_number(node: Node, party: Party) -> None:
    number = node.put("IdFiscaleIVA")
    number.put("IdPaese", party.vat_country)
    number.put("IdCodice", party.vat_number)


def _address(node: Node, party: Party) -> None:
    is_here = party.country == "IT"
    node.put("Indirizzo", latin(party.street, 60))
    node.put("CAP", party.postal_code if is_here else "00000")
    node.put("Comune", latin(party.city, 60))
    if is_here and PROVINCE.fullmatch(party.province):
        node.put("Provincia", party.province)
    node.put("Nazione", party.country)


def _general(node: Node, bill: Bill) -> None:
    document = node.put("DatiGeneraliDocumento")
    document.put("TipoDocumento", CREDIT_NOTE if bill.is_credit_note else INVOICE)
    document.put("Divisa", bill.currency)
    document.put("Data", bill.issued_on.isoformat())
    document.put("Numero", bill.number)
    if bill.stamp_duty is not None:
        duty = document.put("DatiBollo")
        duty.put("BolloVirtuale", "SI")
        duty.put("ImportoBollo", _cents(bill.stamp_duty))
    document.put("ImportoTotaleDocumento", _cents(bill.gross))
    document.put_if("Causale", latin(bill.reason, 200))
    if bill.corrects:
        before = node.put("DatiFattureCollegate")
        before.put("IdDocumento", bill.corrects)
        if bill.corrects_on:
            before.put("Data", bill.corrects_on.isoformat())


def rows_of(bill: Bill) -> Iterator[Row]:
    """Yield what the file lists. A stamp duty that the practice bears is said, and is no line."""
    for line in bill.lines:
        if line.is_duty and not line.net:
            continue
        price, change = line.listed / line.quantity, line.change / line.quantity
        words = f"{line.description}, {line.detail}" if line.detail else line.description
        yield Row(
            description=words, quantity=line.quantity, price=price, change=change, total=line.net, taxed=line.taxed
        )
    for each in bill.changes:
        words = each.words or ("Sconto" if each.amount < 0 else "Maggiorazione")
        kind = "SC" if each.amount < 0 else "AC"
        yield Row(
            description=words,
            quantity=None,
            price=each.amount,
            change=Decimal(0),
            total=each.amount,
            taxed=each.taxed,
            kind=kind,
        )


def _row(node: Node, number: int, row: Row) -> None:
    node.put("NumeroLinea", number)
    node.put_if("TipoCessionePrestazione", row.kind)
    node.put("Descrizione", latin(row.description, 1000))
    if row.quantity is not None:
        node.put("Quantita", _fine(row.quantity))
    node.put("PrezzoUnitario", _fine(row.price))
    if row.change:
        change = node.put("ScontoMaggiorazione")
        change.put("Tipo", "SC" if row.change < 0 else "MG")
        change.put("Importo", _fine(abs(row.change)))
    node.put("PrezzoTotale", _fine(row.total))
    node.put("AliquotaIVA", _cents(row.taxed.rate))
    if not row.taxed.rate:
        node.put("Natura", row.taxed.code)


def _sums(node: Node, bill: Bill, rows: list[Row]) -> None:
    """Write one sum for each rate and natura of which there is a line."""
    listed = {(row.taxed.rate, row.taxed.code if not row.taxed.rate else "") for row in rows}
    for rate, natura in sorted(listed):
        alike = [part for part in bill.sums if part.taxed.rate == rate and (rate or part.taxed.code == natura)]
        part = node.put("DatiRiepilogo")
        part.put("AliquotaIVA", _cents(rate))
        part.put_if("Natura", natura)
        part.put("ImponibileImporto", _cents(sum((each.net for each in alike), Decimal(0))))
        part.put("Imposta", _cents(sum((each.tax for each in alike), Decimal(0))))
        part.put("EsigibilitaIVA", AT_ONCE)
        if natura:
            reasons = dict.fromkeys(each.taxed.reason for each in alike if each.taxed.reason)
            part.put_if("RiferimentoNormativo", latin("; ".join(reasons), 100))


def _payment(node: Node, bill: Bill) -> None:
    node.put("CondizioniPagamento", IN_FULL)
    how = node.put("DettaglioPagamento")
    how.put("ModalitaPagamento", TRANSFER)
    how.put("DataScadenzaPagamento", bill.due_on.isoformat())
    how.put("ImportoPagamento", _cents(bill.gross))
    how.put("IBAN", bill.seller.iban)
    how.put_if("BIC", bill.seller.bic)


def latin(text: str, longest: int) -> str:
    """Return a text in the letters that the SdI takes: Basic Latin and Latin-1, on one line."""
    shown = "".join(each if " " <= each <= "ÿ" else anyascii(each) for each in " ".join(text.split()))
    return " ".join(shown.split())[:longest].strip()


def _cents(value: Decimal) -> str:
    return f"{value:.2f}"


def _fine(value: Decimal) -> str:
    """Return a number with at least two and at most eight decimals."""
    shown = f"{value:.8f}".rstrip("0")
    return shown if len(shown.partition(".")[2]) >= 2 else f"{value:.2f}"
