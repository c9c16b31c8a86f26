"""Credit used, money paid back and debts written off: which of them are not in the books yet, and how to enter them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef

from modules.billing.models import CreditUse, Happening, Invoice, LedgerEntry, Refund, RefundState, WriteOff
from modules.billing.models.ledger import NAMED_BY
from modules.billing.services.ledger import entering


@dataclass(frozen=True, slots=True)
class Unentered:
    """Something that is to be entered for an invoice; `enter` takes the balance that it had before."""

    kind: Happening
    row: CreditUse | Refund | WriteOff
    of: Invoice
    enter: Callable[[int], None]


REFUNDS = Refund.objects.select_related("invoice")
# The rows, whose invoice it is, and how one is entered; in an order in which a refund that failed comes back later.
SETTLINGS: dict[Happening, tuple[Any, str, Callable[[Any, int], None]]] = {
    Happening.CREDIT_GIVEN: (
        CreditUse.objects.select_related("source"),
        "source",
        lambda use, balance: entering.enter_credit_given(use=use, balance=balance),
    ),
    Happening.CREDIT_TAKEN: (
        CreditUse.objects.select_related("target"),
        "target",
        lambda use, balance: entering.enter_credit_taken(use=use, balance=balance),
    ),
    Happening.REFUNDED: (
        REFUNDS,
        "invoice",
        lambda refund, balance: entering.enter_refund(refund=refund, balance=balance),
    ),
    Happening.REFUND_BACK: (
        REFUNDS.filter(state=RefundState.FAILED),
        "invoice",
        lambda refund, balance: entering.enter_refund_back(refund=refund, balance=balance),
    ),
    Happening.WRITTEN_OFF: (
        WriteOff.objects.select_related("invoice"),
        "invoice",
        lambda row, balance: entering.enter_write_off(write_off=row, balance=balance),
    ),
}


def settlings_to_enter(at_once: int) -> Iterator[Unentered]:
    """Yield what is not in the books, at most so many of each kind, the earliest first."""
    for kind, (rows, whose, enter) in SETTLINGS.items():
        entered = LedgerEntry.objects.filter(kind=kind, **{NAMED_BY[kind]: OuterRef("pk")})
        for row in rows.filter(~Exists(entered)).order_by("at", "pk")[:at_once]:
            yield Unentered(kind, row, getattr(row, whose), partial(enter, row))
