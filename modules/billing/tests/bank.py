"""Statements for tests: camt.053 as banks write it, in two of its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.money import Money
from modules.billing.models import BankStatement
from modules.billing.selectors.bank import lines_of
from modules.billing.services import Share, WishedLine, draft_invoice_by_hand, issue_invoice
from modules.billing.services.bank.deciding import confirm_line
from modules.billing.services.bank.keeping import take_in
from modules.crm.models import Patient

IBAN, PAYER = "GB29NWBK60161331926819", "DE89370400440532013000"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry, or with `parts` a batch of several transactions."""

    amount: str
    day: str = "2031-03-03"
    text: str = ""
    name: str = ""
    iban: str = ""
    reference: str = ""
    bank_reference: str = ""
    parts: Sequence[str] = ()
    status: str = "BOOK"


def camt(
    *entries: Entry,
    version: str = "08",
    opening: str | None = "100.00",
    closing: str | None = None,
    currency: str = "GBP",
    iban: str = IBAN,
    days: tuple[str, str] = ("2031-03-03", "2031-03-03"),
) -> bytes:
    booked = [each for each in entries if each.status == "BOOK"]
    if opening is not None and closing is None:
        closing = f"{float(opening) + sum(float(each.amount) for each in booked):.2f}"
    balances = "".join(
        _balance(code, amount, currency, day)
        for code, amount, day in (("OPBD", opening, days[0]), ("CLBD", closing, days[1]))
        if amount is not None
    )
    told = "".join(_entry(each, version, currency) for each in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{balances}{told}"
        f"</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def leave_lines(patient: Patient, *, by: Any, at: datetime) -> BankStatement:
    """Read a statement with two lines: each names an invoice, and the first is confirmed."""
    wish = WishedLine(description="x", unit_price=Money(500, "GBP"))
    drafts = [draft_invoice_by_hand(patient_id=patient.pk, lines=[wish], by=by, at=at) for _each in range(2)]
    bills = [issue_invoice(invoice=draft, by=by, at=at) for draft in drafts]
    content = camt(*(Entry(amount="5.00", text=str(bill)) for bill in bills))
    (statement,) = take_in(name="x", content=content, by=by, at=at).statements
    shares = [Share(invoice=bills[0], amount=Money(500, "GBP"))]
    confirm_line(line=lines_of(statement)[0], shares=shares, by=by, at=at)
    return statement


def _balance(code: str, amount: str, currency: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.lstrip("-")}</Amt><CdtDbtInd>{_sign(amount)}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(entry: Entry, version: str, currency: str) -> str:
    status = entry.status if version in ("02", "04") else f"<Cd>{entry.status}</Cd>"
    own = f"<AcctSvcrRef>{entry.bank_reference}</AcctSvcrRef>" if entry.bank_reference else ""
    parts = "".join(_details(entry, part, version, currency) for part in entry.parts or ("",))
    return (
        f'<Ntry><Amt Ccy="{currency}">{entry.amount.lstrip("-")}</Amt><CdtDbtInd>{_sign(entry.amount)}</CdtDbtInd>'
        f"<Sts>{status}</Sts><BookgDt><Dt>{entry.day}</Dt></BookgDt><ValDt><Dt>{entry.day}</Dt></ValDt>{own}"
        f"<NtryDtls>{parts}</NtryDtls></Ntry>"
    )


def _details(entry: Entry, part: str, version: str, currency: str) -> str:
    role = "Cdtr" if entry.amount.startswith("-") else "Dbtr"
    name = f"<Nm>{entry.name}</Nm>" if version == "02" else f"<Pty><Nm>{entry.name}</Nm></Pty>"
    party = f"<{role}>{name}</{role}>" if entry.name else ""
    account = f"<{role}Acct><Id><IBAN>{entry.iban}</IBAN></Id></{role}Acct>" if entry.iban else ""
    amount = f'<Amt Ccy="{currency}">{part}</Amt>' if part else ""
    if version == "02" and part:
        amount = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
    strd = f"<Strd><CdtrRefInf><Ref>{entry.reference}</Ref></CdtrRefInf></Strd>" if entry.reference else ""
    return (
        f"<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}"
        f"<RltdPties>{party}{account}</RltdPties><RmtInf><Ustrd>{entry.text}</Ustrd>{strd}</RmtInf></TxDtls>"
    )


def _sign(amount: str) -> str:
    return "DBIT" if amount.startswith("-") else "CRDT"
