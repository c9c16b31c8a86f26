"""Enter what is not in the books: of before there were any, or written by a release that did not know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from audit import recording as audit
from modules.billing.models import Deposit, Happening, Invoice, LedgerEntry, Payment, TillSession
from modules.billing.services.ledger.drawers import (
    differences_to_enter,
    enter_cash_move,
    enter_difference,
    moves_to_enter,
)
from modules.billing.services.ledger.entering import (
    enter_deposit,
    enter_issue,
    enter_package_end,
    enter_payment,
    enter_session,
    package_ends_to_enter,
    sessions_to_enter,
)
from modules.billing.services.ledger.postings import balance_by_books
from modules.billing.services.ledger.settlings import settlings_to_enter

AT_ONCE = 500
ISSUES = (Happening.ISSUED, Happening.CREDITED)


def catch_up(*, at: datetime) -> int:
    """Enter what is missing, `AT_ONCE` of each kind in a transaction of their own. Return how many that was."""
    total = 0
    while caught := _catch_some(at):
        total += caught
    return total


@transaction.atomic
def _catch_some(at: datetime) -> int:
    count = 0
    for row in (*_entered(at), *_entered_of_tills()):
        audit.record(action="billing.ledger.caught_up", of=row, by=None)
        count += 1
    return count


def _entered_of_tills() -> Iterator[TillSession]:
    """Enter some of what is about tills and yield the session of each. It is on no invoice, so the order is its own."""
    for move in moves_to_enter()[:AT_ONCE]:
        enter_cash_move(move=move)
        yield move.till_session
    for session in differences_to_enter()[:AT_ONCE]:
        enter_difference(session=session)
        yield session


def _entered(at: datetime) -> Iterator[Invoice]:
    """Enter some and yield the invoice of each, locked, so that nobody pays it meanwhile. Invoices come first."""
    for invoice in _locked(invoices_to_enter()):
        enter_issue(document=invoice, balance=balance_by_books(invoice.corrects) if invoice.corrects else 0)
        yield invoice
    entered = LedgerEntry.objects.filter(invoice=OuterRef("invoice"), kind=Happening.ISSUED)
    for payment in payments_to_enter().filter(Exists(entered)).order_by("received_at", "pk")[:AT_ONCE]:
        _locked(Invoice.objects.filter(pk=payment.invoice_id))
        enter_payment(payment=payment, balance=balance_by_books(payment.invoice))
        yield payment.invoice
    for deposit in deposits_to_enter().filter(invoice__ledger_entries__kind=Happening.PAID)[:AT_ONCE]:
        kept, returned = deposit.kept_minor, deposit.returned_minor
        enter_deposit(deposit=deposit, kept=kept, returned=returned, at=at)
        yield deposit.invoice
    sessions = sessions_to_enter().filter(unit__purchase__line__invoice__ledger_entries__kind=Happening.ISSUED)
    for entry in sessions.order_by("pk")[:AT_ONCE]:
        enter_session(entry=entry)
        yield entry.unit.purchase.line.invoice
    ends = package_ends_to_enter().filter(line__invoice__ledger_entries__kind=Happening.ISSUED)
    for purchase in ends[:AT_ONCE]:
        enter_package_end(purchase=purchase)
        yield purchase.line.invoice
    if invoices_to_enter().exists() or payments_to_enter().exists():
        return  # the rest follows from these
    for settling in settlings_to_enter(AT_ONCE):
        _locked(Invoice.objects.filter(pk=settling.of.pk))
        settling.enter(balance_by_books(settling.of))
        yield settling.of


def invoices_to_enter() -> models.QuerySet[Invoice]:
    entered = LedgerEntry.objects.filter(invoice=OuterRef("pk"), kind__in=ISSUES)
    return Invoice.objects.filter(~Exists(entered), issued_at__isnull=False)


def payments_to_enter() -> models.QuerySet[Payment]:
    return Payment.objects.filter(ledger_entry=None).select_related("invoice")


def deposits_to_enter() -> models.QuerySet[Deposit]:
    rows = Deposit.objects.filter(Q(kept_minor__gt=0) | Q(returned_minor__gt=0), ledger_entries=None)
    return rows.select_related("invoice").order_by("pk")


def _locked(rows: models.QuerySet[Invoice]) -> list[Invoice]:
    return list(rows.select_for_update(no_key=True).order_by("issued_at", "pk")[:AT_ONCE])
