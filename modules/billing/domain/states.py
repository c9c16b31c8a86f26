"""What kinds of documents there are; the life of an invoice, and of a checkout at the gateway."""

from __future__ import annotations

from enum import StrEnum


class DocumentKind(StrEnum):
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"  # takes an invoice back, or a part of it; its amounts are positive


class Status(StrEnum):
    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PARTIAL = "PARTIAL"  # part of it is paid
    PAID = "PAID"
    OVERDUE = "OVERDUE"
    VOID = "VOID"  # a draft that was discarded; it never had a number
    CREDITED = "CREDITED"  # taken back by credit notes, as a whole
    WRITTEN_OFF = "WRITTEN_OFF"  # nobody is asked for the rest any more
    CREDIT = "CREDIT"  # a credit note that is issued: nothing is paid on it


PAYABLE = frozenset({Status.ISSUED, Status.PARTIAL, Status.OVERDUE})
NOT_ISSUED = frozenset({Status.DRAFT, Status.VOID})


class Method(StrEnum):
    CASH = "CASH"
    CARD = "CARD"  # on a terminal of their own
    BANK_TRANSFER = "BANK_TRANSFER"
    STRIPE = "STRIPE"  # by the pay link


def status_of(*, due: int, paid: int, written_off: int = 0) -> Status:
    """Return where an issued invoice stands by its money alone, in minor units. What is overdue is a date's matter.

    `due` is what is left of it after credit notes and after what was written off.
    """
    if paid >= due:
        return Status.WRITTEN_OFF if written_off else Status.PAID
    return Status.PARTIAL if paid > 0 else Status.ISSUED


class Checkout(StrEnum):
    """How far a checkout has come. It only ever goes forward, in whatever order the news of it arrive."""

    OPENING = "OPENING"  # the gateway is being asked
    OPEN = "OPEN"
    EXPIRED = "EXPIRED"
    REFUSED = "REFUSED"  # paid, but not what was asked for: somebody has to look
    PAID = "PAID"


LIVE = frozenset({Checkout.OPENING, Checkout.OPEN})
FORWARD = (Checkout.OPENING, Checkout.OPEN, Checkout.EXPIRED, Checkout.REFUSED, Checkout.PAID)


def is_forward(now: str, then: str) -> bool:
    """Test whether a checkout in the state `now` may go to `then`. One that was given up may still turn out paid."""
    return FORWARD.index(Checkout(then)) > FORWARD.index(Checkout(now))
