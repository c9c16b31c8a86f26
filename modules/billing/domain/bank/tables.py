"""Tables from banks: which column is what, and what amounts in them mean. Every bank has its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from kernel.errors import DomainError
from kernel.money import Money, exponent
from modules.billing.domain.bank.lines import ReadLine, Unreadable, as_iban

ReadDay = Callable[[str], date | None]
AMOUNT = re.compile(r"[+-]?\d[\d.,' ]*|[+-]?[.,]\d+")
CURRENCY_SIGNS = re.compile(r"^[^\d(+\-.,]+|[^\d)\-.,]+$")
DAY_LIKE = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{8}")


class Role(StrEnum):
    """What a column can be."""

    DATE = "date"
    VALUE_DATE = "value_date"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    CURRENCY = "currency"
    TEXT = "text"
    NAME = "name"
    IBAN = "iban"
    REFERENCE = "reference"
    BANK_REFERENCE = "bank_ref"


MANY = frozenset({Role.TEXT})  # of which a table may have several: they are put together
WORDS = (  # in headers, the telling ones first
    (Role.VALUE_DATE, ("valuta", "value date", "wertstellung", "data valuta", "date de valeur", "fecha valor")),
    (Role.TEXT, ("text", "purpose", "verwendungszweck", "description", "descrizione", "causale", "details", "memo",
                 "libellé", "concepto", "narrative")),
    (Role.DATE, ("booking", "buchung", "date", "datum", "data", "fecha", "day")),
    (Role.BANK_REFERENCE, ("bank reference", "transaction id", "entry id", "bankreferenz", "id operazione")),
    (Role.DEBIT, ("debit", "soll", "belastung", "addebiti", "dare", "money out", "paid out", "withdrawal", "cargo")),
    (Role.CREDIT, ("credit", "haben", "gutschrift", "accrediti", "avere", "money in", "paid in", "deposit", "abono")),
    (Role.IBAN, ("iban", "kontonummer", "account number", "gegenkonto")),
    (Role.CURRENCY, ("currency", "währung", "waehrung", "divisa", "devise", "moneda", "ccy")),
    (Role.REFERENCE, ("reference", "referenz", "riferimento", "référence", "referencia", "end-to-end")),
    (Role.AMOUNT, ("amount", "betrag", "importo", "montant", "importe", "umsatz", "value")),
    (Role.NAME, ("name", "payer", "payee", "beguenstigter", "begünstigter", "auftraggeber", "zahlungspflichtiger",
                 "counterparty", "ordinante", "beneficiario", "nom")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a table are, which sign stands before the cents, and whose account it is."""

    roles: tuple[Role | None, ...]
    decimal_sign: str
    account: str

    def places(self, role: Role) -> list[int]:
        return [place for place, each in enumerate(self.roles) if each is role]


def headed(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the headers and the rows of a table that may begin with lines about the account: the line above the first
    with a date is that of the headers."""
    every = [list(headers), *(list(row) for row in rows)]
    first = next((place for place, row in enumerate(every) if any(map(_is_day_like, row))), 1)
    width = max(len(row) for row in every)
    padded = [row + [""] * (width - len(row)) for row in every]
    return padded[max(first - 1, 0)], padded[max(first, 1) :]


def key_of(headers: Sequence[str]) -> str:
    """Return what a row of headers is known again by."""
    return sha256("\x1f".join(" ".join(each.split()).casefold() for each in headers).encode()).hexdigest()


def guess_roles(headers: Sequence[str]) -> tuple[Role | None, ...]:
    """Return what each column most likely is, by its header; each but the texts once."""
    taken: set[Role] = set()
    roles: list[Role | None] = []
    for header in headers:
        said = header.casefold()
        role = next((role for role, words in WORDS if any(word in said for word in words)), None)
        if role in taken and role not in MANY:
            role = None
        if role is not None:
            taken.add(role)
        roles.append(role)
    return tuple(roles)


def check_roles(roles: Sequence[Role | None]) -> None:
    """Raise `Unreadable` unless there is a date and an amount, and nothing twice that can be there once."""
    said = [role for role in roles if role is not None]
    if twice := next((role for role in said if role not in MANY and said.count(role) > 1), None):
        raise Unreadable("column-twice", role=twice)
    if Role.DATE not in said:
        raise Unreadable("no-date-column")
    if (Role.AMOUNT in said) == (Role.DEBIT in said or Role.CREDIT in said):
        raise Unreadable("no-amount-column")


def guess_decimal_sign(texts: Iterable[str], currency: str) -> str:
    """Return the sign before the cents, or nothing if the amounts do not tell."""
    found = {sign for text in texts if (sign := _decimal_sign_of(_plain(text), exponent(currency)))}
    return found.pop() if len(found) == 1 else ""


def has_cents(texts: Iterable[str]) -> bool:
    """Test whether there is any amount in which the sign matters."""
    return any("," in text or "." in text for text in texts)


def read_amount(text: str, *, decimal_sign: str, currency: str) -> Money | None:
    """Return an amount as banks write them: 1.234,56 and 1'234.56, 12.00- and (12.00), with the currency or without.

    None for an empty cell. Raises `Unreadable`.
    """
    plain = _plain(text)
    if not plain:
        return None
    other = "." if decimal_sign == "," else ","
    if not AMOUNT.fullmatch(plain) or plain.count(decimal_sign) > 1 or other in plain.partition(decimal_sign)[2]:
        raise Unreadable("amount", text=text)
    digits = plain.replace(other, "").replace("'", "").replace(" ", "").replace(decimal_sign, ".")
    try:
        return Money.parse(Decimal(digits), currency)
    except (DomainError, ArithmeticError):
        raise Unreadable("amount", text=text) from None


def read_row(cells: Sequence[str], columns: Columns, *, currency: str, read_day: ReadDay) -> ReadLine | None:
    """Return the line in a row; None for one of nothing. Raises `Unreadable`."""
    said = {role: " ".join(filter(None, (cells[place] for place in columns.places(role)))) for role in Role}
    if said[Role.CURRENCY] and said[Role.CURRENCY].upper() != currency:
        raise Unreadable("currency", currency=said[Role.CURRENCY])
    amount = _amount(said, columns.decimal_sign, currency)
    if not amount:
        return None
    booked = read_day(said[Role.DATE])
    if booked is None:
        raise Unreadable("day", text=said[Role.DATE])
    return ReadLine(
        booked_on=booked,
        value_on=read_day(said[Role.VALUE_DATE]) if said[Role.VALUE_DATE] else None,
        amount=amount,
        text=" ".join(said[Role.TEXT].split()),
        reference=" ".join(said[Role.REFERENCE].split()),
        party_name=" ".join(said[Role.NAME].split()),
        party_iban=as_iban(said[Role.IBAN]),
        bank_reference=said[Role.BANK_REFERENCE],
    )


def _amount(said: dict[Role, str], decimal_sign: str, currency: str) -> Money | None:
    amount = read_amount(said[Role.AMOUNT], decimal_sign=decimal_sign, currency=currency)
    came = read_amount(said[Role.CREDIT], decimal_sign=decimal_sign, currency=currency)
    went = read_amount(said[Role.DEBIT], decimal_sign=decimal_sign, currency=currency)
    if amount is not None:
        return amount
    if came and went:
        raise Unreadable("both-ways")
    if went:
        return Money(-abs(went.minor), currency)
    return came


def _plain(text: str) -> str:
    """Return the digits and signs of an amount, a minus in front."""
    plain = text.replace("\u2212", "-").replace("\u2019", "'").replace("\u202f", " ").strip()
    if any(sign.isdigit() for sign in plain):
        plain = re.sub(r"^([+-])[^\d(.,+-]+", r"\1", CURRENCY_SIGNS.sub("", plain).strip())
    if plain.startswith("(") and plain.endswith(")"):
        return "-" + plain[1:-1].strip()
    if plain.endswith("-"):
        return "-" + plain[:-1].strip()
    return re.sub(r"^([+-])\s+", r"\1", plain)


def _decimal_sign_of(plain: str, places: int) -> str:
    """Return the sign before the cents in one amount, if there is no doubt about it."""
    if "," in plain and "." in plain:
        return "," if plain.rfind(",") > plain.rfind(".") else "."
    for sign in ",.":
        if plain.count(sign) > 1:
            return "." if sign == "," else ","
        whole, found, cents = plain.partition(sign)
        if found and (len(cents) != 3 or len(whole.lstrip("+-")) > 3):
            return sign
        if found and places < 3:
            return "." if sign == "," else ","
    return ""


def _is_day_like(cell: str) -> bool:
    return DAY_LIKE.match(cell.strip()) is not None
