"""Statements as ISO 20022 has them: camt.053, in whatever version, by the names of its elements.

An entry of several transactions is taken apart, if they add up to it; what is not booked yet is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from kernel.errors import DomainError
from kernel.money import Money, is_currency
from modules.billing.domain.bank.lines import NO_REFERENCE, ReadLine, ReadStatement, Unreadable, as_iban, check_sum

MESSAGE = re.compile(r"(camt\.05\d)\.001\.\d\d$")
BEGINS = re.compile(rb"^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<")
INTERIM = "ITBD"


def is_xml(content: bytes) -> bool:
    return BEGINS.match(content[:200]) is not None


def read_camt(content: bytes) -> list[ReadStatement]:
    """Return the statements in a file. Raises `Unreadable`."""
    root = _root(content)
    message = MESSAGE.search(etree.QName(root).namespace or "")
    if etree.QName(root).localname != "Document" or message is None:
        raise Unreadable("not-camt")
    if message[1] != "camt.053":
        raise Unreadable("other-camt", kind=message[1])
    found = [_statement(each) for each in _all(root, "BkToCstmrStmt", "Stmt")]
    if not found:
        raise Unreadable("empty")
    return found


def _root(content: bytes) -> Any:
    """Parse without entities, the network or anything huge. What declares its own document type is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise Unreadable("not-xml") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("doctype")
    return root


def _statement(found: Any) -> ReadStatement:
    account = _text(found, "Acct", "Id", "IBAN") or _text(found, "Acct", "Id", "Othr", "Id")
    balances = list(_balances(found))
    currency = _text(found, "Acct", "Ccy") or next((amount.currency for _code, _day, amount in balances), "")
    entries = [each for each in _all(found, "Ntry") if _status(each) in ("BOOK", "")]
    currency = currency or next((amount.get("Ccy", "") for each in entries for amount in _all(each, "Amt")), "")
    if not is_currency(currency):
        raise Unreadable("currency", currency=currency or "?")
    if not account:
        raise Unreadable("account")
    lines = [line for each in entries for line in _lines(each, currency)]
    days = [line.booked_on for line in lines] + [day for _code, day, _amount in balances]
    since, until = _day(_text(found, "FrToDt", "FrDtTm")), _day(_text(found, "FrToDt", "ToDtTm"))
    if not days and since is None:
        raise Unreadable("empty")
    opening, closing = _ends(balances)
    statement = ReadStatement(
        account=as_iban(account) or account[:34],
        currency=currency,
        since=min([since] if since else days),
        until=max([until] if until else days or [since or date.min]),
        lines=tuple(lines),
        opening=opening,
        closing=closing,
    )
    check_sum(statement)
    return statement


def _balances(found: Any) -> Iterator[tuple[str, date, Money]]:
    """Yield what was on the account, with the code of the moment."""
    for each in _all(found, "Bal"):
        day = _day(_text(each, "Dt", "Dt") or _text(each, "Dt", "DtTm"))
        if day is not None:
            yield _text(each, "Tp", "CdOrPrtry", "Cd"), day, _amount(each, sign=_sign(each))


def _ends(balances: list[tuple[str, date, Money]]) -> tuple[Money | None, Money | None]:
    """Return what was on the account before and after: interim balances begin and end a page of a statement."""
    named = {code: amount for code, _day, amount in reversed(balances)}
    interim = [amount for code, _day, amount in balances if code == INTERIM]
    opening = named.get("OPBD", named.get("PRCD"))
    closing = named.get("CLBD")
    if opening is None and interim and (closing is not None or len(interim) > 1):
        opening = interim[0]
    elif closing is None and interim:
        closing = interim[-1]
    if opening is not None and closing is None and len(interim) > 1:
        closing = interim[-1]
    return opening, closing


def _lines(entry: Any, currency: str) -> Iterator[ReadLine]:
    whole = _amount(entry, sign=_sign(entry))
    if whole.currency != currency:
        raise Unreadable("currency", currency=whole.currency)
    details = _all(entry, "NtryDtls", "TxDtls")
    parts = [_part(each, currency, sign=_sign(each, otherwise=_sign(entry))) for each in details]
    known = [part for part in parts if part is not None]
    if len(details) > 1 and len(known) == len(details):
        total = sum((part.minor for part in known), 0)
        if total != whole.minor:
            raise Unreadable("batch", batch=whole, parts=Money(total, currency))
        pairs = list(zip(details, known, strict=True))
    else:
        pairs = [(details[0] if len(details) == 1 else entry, whole)]
    for said, amount in pairs:
        if amount:
            yield _line(entry, said, amount)


def _line(entry: Any, said: Any, amount: Money) -> ReadLine:
    booked = _day(_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"))
    value = _day(_text(entry, "ValDt", "Dt") or _text(entry, "ValDt", "DtTm"))
    if booked is None and value is None:
        raise Unreadable("no-day", amount=amount)
    role = "Dbtr" if amount.minor > 0 else "Cdtr"
    party = "RltdPties"
    name = _text(said, party, role, "Nm") or _text(said, party, role, "Pty", "Nm")
    account = _text(said, party, f"{role}Acct", "Id", "IBAN")
    remittance = [each.text or "" for each in _all(said, "RmtInf", "Ustrd")]
    told = " ".join(" ".join(remittance).split()) or _text(said, "AddtlTxInf") or _text(entry, "AddtlNtryInf")
    references = [_text(said, "RmtInf", "Strd", "CdtrRefInf", "Ref"), _text(said, "Refs", "EndToEndId")]
    return ReadLine(
        booked_on=booked or value or date.min,
        value_on=value,
        amount=amount,
        text=told,
        reference=next((each for each in references if each.upper() not in NO_REFERENCE), ""),
        party_name=name,
        party_iban=as_iban(account),
        bank_reference=_text(said, "Refs", "AcctSvcrRef") or _text(entry, "AcctSvcrRef"),
    )


def _part(details: Any, currency: str, *, sign: int) -> Money | None:
    """Return what a transaction within an entry came to on this account, if it says so."""
    for way in (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt")):
        for found in _all(details, *way):
            if found.get("Ccy") == currency:
                return _money(found, sign=sign)
    return None


def _amount(parent: Any, *, sign: int) -> Money:
    found = next(iter(_all(parent, "Amt")), None)
    if found is None:
        raise Unreadable("no-amount")
    return _money(found, sign=sign)


def _money(found: Any, *, sign: int) -> Money:
    currency = found.get("Ccy", "")
    if not is_currency(currency):
        raise Unreadable("currency", currency=currency or "?")
    try:
        amount = Money.parse((found.text or "").strip(), currency)
    except DomainError:
        raise Unreadable("amount", text=found.text or "") from None
    return amount if sign > 0 else -amount


def _sign(parent: Any, *, otherwise: int = 1) -> int:
    return {"CRDT": 1, "DBIT": -1}.get(_text(parent, "CdtDbtInd"), otherwise)


def _status(entry: Any) -> str:
    return _text(entry, "Sts", "Cd") or _text(entry, "Sts")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise Unreadable("day", text=text) from None


def _all(parent: Any, *names: str) -> list[Any]:
    """Return the elements at the end of a way of names, in whatever namespace."""
    found = [parent]
    for name in names:
        found = [child for each in found for child in each if _is_called(child, name)]
    return found


def _is_called(child: Any, name: str) -> bool:
    return isinstance(child.tag, str) and etree.QName(child).localname == name


def _text(parent: Any, *names: str) -> str:
    found = next(iter(_all(parent, *names)), None)
    return " ".join((found.text or "").split()) if found is not None else ""
