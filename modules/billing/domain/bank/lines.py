"""What stands in a statement, whatever file it came in, and what makes a line the same line in two files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from stdnum import iban
from stdnum.exceptions import ValidationError

from kernel.money import Money

NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE"})


class Unreadable(ValueError):
    """`str(error)` is a word that says why; `figures` go into the sentence made of it."""

    def __init__(self, why: str, **figures: object) -> None:
        super().__init__(why)
        self.figures = figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """Money that came, or below nothing went, as a file says it."""

    booked_on: date
    amount: Money
    value_on: date | None = None
    text: str = ""
    reference: str = ""
    party_name: str = ""
    party_iban: str = ""
    bank_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatement:
    """The lines of an account for some days, and what was on it before and after, where the file says so."""

    account: str
    currency: str
    since: date
    until: date
    lines: tuple[ReadLine, ...]
    opening: Money | None = None
    closing: Money | None = None


def check_sum(statement: ReadStatement) -> None:
    """Raise `Unreadable` if what was on the account and the lines do not come to what is on it."""
    if statement.opening is None or statement.closing is None:
        return
    total = sum((line.amount.minor for line in statement.lines), 0)
    if statement.opening.minor + total != statement.closing.minor:
        raise Unreadable(
            "does-not-add-up",
            opening=statement.opening,
            lines=Money(total, statement.currency),
            closing=statement.closing,
        )


def keyed(account: str, lines: Sequence[ReadLine]) -> Iterator[tuple[ReadLine, str, int]]:
    """Yield each line with its key, and with how many like it stand before it.

    The bank's own reference is the key where it gives one, with the amount: the parts of a batch share one. Else it is
    everything that the line says; two alike on a day are two.
    """
    seen: Counter[str] = Counter()
    for line in lines:
        key = _key(account, line)
        yield line, key, seen[key]
        seen[key] += 1


def as_iban(text: str) -> str:
    """Return an IBAN (ISO 13616) without spaces, or nothing for what is none."""
    try:
        return str(iban.validate(text))
    except ValidationError:
        return ""


def as_account(text: str) -> str:
    """Return an account as it is kept: an IBAN, or letters and digits of what a bank calls it elsewhere.

    Raises `Unreadable` for what looks like an IBAN and is none.
    """
    plain = "".join(sign for sign in text.upper() if sign.isalnum())
    if found := as_iban(plain):
        return found
    if not plain or (len(plain) > 14 and plain[:2].isalpha() and plain[2:4].isdigit()):
        raise Unreadable("account")
    return plain[:34]


def _key(account: str, line: ReadLine) -> str:
    said: tuple[str, ...] = (line.bank_reference,)
    if line.bank_reference.upper() in NO_REFERENCE:
        said = ("", line.text, line.reference, line.party_name, line.party_iban)
    parts = (account, line.booked_on.isoformat(), str(line.amount.minor), line.amount.currency, *said)
    return sha256("\x1f".join(" ".join(part.split()) for part in parts).encode()).hexdigest()
