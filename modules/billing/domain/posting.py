"""What each happening is in the books: debits and credits that add up to nothing.

A debit is above zero and a credit below it, in minor units of one currency (double entry). What was sold is entered
when it is billed (accrual), a deposit is a debt of the practice until its visit is billed, and the price of a package
until its sessions are had: its tax is due at once (Directive 2006/112/EC, Article 65), its revenue is earned later.
A `balance` is what a client owes on an invoice before it happens; below nothing, what they have paid too much on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modules.billing.domain.states import Method
from modules.billing.domain.sums import Amounts, TaxOfRate


class Account(StrEnum):
    RECEIVABLE = "RECEIVABLE"  # what clients owe
    CREDIT = "CREDIT"  # what they paid beyond it
    DEPOSITS = "DEPOSITS"  # what they paid before a visit, and did not use yet
    PACKAGES = "PACKAGES"  # sessions that were billed and not had yet
    SALES = "SALES"
    FEES = "FEES"  # deposits kept of visits that were not to be
    TAX = "TAX"
    CASH = "CASH"
    CARD = "CARD"
    BANK = "BANK"
    STRIPE = "STRIPE"
    PAID_BACK = "PAID_BACK"  # given back outside of here: in cash, or at the gateway
    LOSSES = "LOSSES"  # what is owed and given up
    MOVED = "MOVED"  # credit on its way from one invoice to another: nothing, once it has arrived
    PETTY = "PETTY"  # what else went in and out of a till: change, stamps, the way to the bank
    DIFFERENCES = "DIFFERENCES"  # what was missing in a till when it was counted, less what was too much


MONEY = {
    Method.CASH: Account.CASH,
    Method.CARD: Account.CARD,
    Method.BANK_TRANSFER: Account.BANK,
    Method.STRIPE: Account.STRIPE,
}


OF_CLIENT = frozenset({Account.RECEIVABLE, Account.CREDIT})


@dataclass(frozen=True, slots=True)
class Posting:
    """So much on one account: a debit above zero, a credit below it. `tax_rate` in per cent, where one matters."""

    account: Account
    minor: int
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Billed:
    """A line of an invoice, and the account that its net amount goes to."""

    account: Account
    amounts: Amounts
    tax_rate: Decimal


def for_invoice(lines: Iterable[Billed]) -> tuple[Posting, ...]:
    """Return what an issued invoice is: the client owes all of it, for what was sold and its tax at each rate."""
    sums: Counter[tuple[Account, Decimal | None]] = Counter()
    for line in lines:
        sums[line.account, line.tax_rate] -= line.amounts.net.minor
        sums[Account.TAX, line.tax_rate] -= line.amounts.tax.minor
        sums[Account.RECEIVABLE, None] += line.amounts.gross.minor
    return _postings(sums)


def for_credit(lines: Iterable[Billed], *, balance: int) -> tuple[Posting, ...]:
    """Return what a credit note is: the invoice backwards."""
    sums: Counter[tuple[Account, Decimal | None]] = Counter()
    gross = 0
    for line in lines:
        sums[line.account, line.tax_rate] += line.amounts.net.minor
        sums[Account.TAX, line.tax_rate] += line.amounts.tax.minor
        gross += line.amounts.gross.minor
    return _postings(sums | _client_side(-gross, balance=balance))


def for_payment(method: Method, minor: int, *, balance: int) -> tuple[Posting, ...]:
    """Return what a payment is: it settles what was owed, and the client has credit for the rest."""
    return _postings({(MONEY[method], None): minor} | _client_side(-minor, balance=balance))


def for_refund(method: Method, minor: int, *, balance: int) -> tuple[Posting, ...]:
    """Return what money is that goes back; below zero, what comes back to the practice because it did not arrive."""
    return _postings({(MONEY[method], None): -minor} | _client_side(minor, balance=balance))


def for_credit_given(minor: int, *, balance: int) -> tuple[Posting, ...]:
    """Return what it is for an invoice that credit of it is used for another."""
    return _postings({(Account.MOVED, None): -minor} | _client_side(minor, balance=balance))


def for_credit_taken(minor: int, *, balance: int) -> tuple[Posting, ...]:
    """Return what it is for an invoice that the credit of another is used for it."""
    return _postings({(Account.MOVED, None): minor} | _client_side(-minor, balance=balance))


def for_write_off(minor: int, *, balance: int) -> tuple[Posting, ...]:
    """Return what it is to give up a debt; below zero, to ask for it after all."""
    return _postings({(Account.LOSSES, None): minor} | _client_side(-minor, balance=balance))


def _client_side(change: int, *, balance: int) -> dict[tuple[Account, Decimal | None], int]:
    """Return what a change of what a client owes on an invoice is. Below nothing the practice owes it to them."""
    after = balance + change
    return {
        (Account.RECEIVABLE, None): max(after, 0) - max(balance, 0),
        (Account.CREDIT, None): min(after, 0) - min(balance, 0),
    }


def for_kept(parts: Iterable[TaxOfRate]) -> tuple[Posting, ...]:
    """Return what it is to keep a part of a deposit. The tax on it was owed since it was paid, and still is."""
    sums: Counter[tuple[Account, Decimal | None]] = Counter()
    for part in parts:
        sums[Account.DEPOSITS, part.rate] += part.amounts.net.minor
        sums[Account.FEES, part.rate] -= part.amounts.net.minor
    return _postings(sums)


def for_returned(parts: Iterable[TaxOfRate]) -> tuple[Posting, ...]:
    """Return what it is to pay a part of a deposit back, with its tax."""
    sums: Counter[tuple[Account, Decimal | None]] = Counter()
    for part in parts:
        sums[Account.DEPOSITS, part.rate] += part.amounts.net.minor
        sums[Account.TAX, part.rate] += part.amounts.tax.minor
        sums[Account.PAID_BACK, None] -= part.amounts.gross.minor
    return _postings(sums)


def for_session(minor: int, tax_rate: Decimal) -> tuple[Posting, ...]:
    """Return what a session of a package is that was had, at its net value; below zero, one that is given back.

    So is the end of a package: what is left of it is owed no more.
    """
    return _postings({(Account.PACKAGES, tax_rate): minor, (Account.SALES, tax_rate): -minor})


def for_cash_move(minor: int) -> tuple[Posting, ...]:
    """Return what it is to put cash into a till; below zero, to take it out."""
    return _postings({(Account.CASH, None): minor, (Account.PETTY, None): -minor})


def for_difference(minor: int) -> tuple[Posting, ...]:
    """Return what it is that more was counted in a till than should be there; below zero, less."""
    return _postings({(Account.CASH, None): minor, (Account.DIFFERENCES, None): -minor})


def balanced(postings: Sequence[Posting]) -> bool:
    return sum(posting.minor for posting in postings) == 0


def _postings(sums: dict[tuple[Account, Decimal | None], int]) -> tuple[Posting, ...]:
    """Return what is not nothing, by account and rate, so that the same happening always reads the same."""
    order = list(Account)
    by_place = sorted(sums.items(), key=lambda each: (order.index(each[0][0]), each[0][1] or Decimal(-1)))
    return tuple(Posting(account, minor, rate) for (account, rate), minor in by_place if minor)
