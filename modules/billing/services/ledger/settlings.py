"""Credit used, money paid back and debts written off: which of them are not in the books yet, and how to enter them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from modules.billing.models import CreditUse, Happening, Invoice, LedgerEntry, Refund, RefundState, WriteOff
from modules.billing.services.ledger.entering import (
    enter_credit_given,
    enter_credit_taken,
    enter_refund,
    enter_refund_back,
    enter_write_off,
)


@dataclass(frozen=True, slots=True)
class Unentered:
    """Something that is to be entered for an invoice; `enter` takes the balance that it had before."""

    kind: Happening
    row: CreditUse | Refund | WriteOff
    of: Invoice
    enter: Callable[[int], None]


def _given(use: CreditUse) -> Unentered:
    return Unentered(
        Happening.CREDIT_GIVEN, use, use.source, lambda balance: enter_credit_given(use=use, balance=balance)
    )


def _taken(use: CreditUse) -> Unentered:
    return Unentered(
        Happening.CREDIT_TAKEN, use, use.target, lambda balance: enter_credit_taken(use=use, balance=balance)
    )


def _refund(refund: Refund) -> Unentered:
    return Unentered(
        Happening.REFUNDED, refund, refund.invoice, lambda balance: enter_refund(refund=refund, balance=balance)
    )


def _refund_back(refund: Refund) -> Unentered:
    return Unentered(
        Happening.REFUND_BACK, refund, refund.invoice, lambda balance: enter_refund_back(refund=refund, balance=balance)
    )


def _write_off(row: WriteOff) -> Unentered:
    return Unentered(
        Happening.WRITTEN_OFF, row, row.invoice, lambda balance: enter_write_off(write_off=row, balance=balance)
    )


# In an order in which a refund that failed comes back after it went.
SETTLINGS: dict[Happening, tuple[str, Any, Callable[[Any], Unentered]]] = {
    Happening.CREDIT_GIVEN: ("credit_use", CreditUse.objects.select_related("source"), _given),
    Happening.CREDIT_TAKEN: ("credit_use", CreditUse.objects.select_related("target"), _taken),
    Happening.REFUNDED: ("refund", Refund.objects.select_related("invoice"), _refund),
    Happening.REFUND_BACK: (
        "refund",
        Refund.objects.select_related("invoice").filter(state=RefundState.FAILED),
        _refund_back,
    ),
    Happening.WRITTEN_OFF: ("write_off", WriteOff.objects.select_related("invoice"), _write_off),
}


def settlings_to_enter(at_once: int) -> Iterator[Unentered]:
    """Yield what is not in the books, at most so many of each kind, the earliest first."""
    for kind, (name, rows, unentered) in SETTLINGS.items():
        entered = LedgerEntry.objects.filter(kind=kind, **{name: OuterRef("pk")})
        for row in rows.filter(~Exists(entered)).order_by("at", "pk")[:at_once]:
            yield unentered(row)
