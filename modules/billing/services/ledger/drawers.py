"""What went in and out of tills beside payments, and what was missing there: enter it, and find what is not entered."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from modules.billing.domain import posting
from modules.billing.domain.posting import Posting
from modules.billing.models import CashMove, Happening, LedgerEntry, MoveKind, TillSession
from modules.billing.services.ledger.entering import enter_of_till

ENTERED_AS = {MoveKind.PAID_IN: Happening.CASH_IN, MoveKind.PAID_OUT: Happening.CASH_OUT}


def enter_cash_move(*, move: CashMove) -> None:
    kind = ENTERED_AS[MoveKind(move.kind)]
    postings = posting.for_cash_move(move.change_minor)
    enter_of_till(kind=kind, at=move.at, postings=postings, currency=move.currency, cash_move=move)


def enter_difference(*, session: TillSession) -> None:
    """Enter what was counted beyond what was expected when a session was closed, or what was missing; if anything."""
    if session.closed_at is None or session.difference_minor is None:
        raise ValueError("Only a session that is closed has a difference.")
    if session.difference_minor:
        postings = posting.for_difference(session.difference_minor)
        enter_of_till(
            kind=Happening.DIFFERENCE,
            at=session.closed_at,
            postings=postings,
            currency=session.currency,
            till_session=session,
        )


def moves_to_enter() -> QuerySet[CashMove]:
    return CashMove.objects.filter(ledger_entry=None).select_related("till_session").order_by("at", "pk")


def differences_to_enter() -> QuerySet[TillSession]:
    rows = TillSession.objects.filter(closed_at__isnull=False, ledger_entry=None).exclude(difference_minor=0)
    return rows.order_by("closed_at", "pk")


def entries_of_tills() -> Iterator[tuple[LedgerEntry, tuple[Posting, ...]]]:
    """Yield each entry about a till with what it should say, going by the row that it names."""
    rows = LedgerEntry.objects.filter(invoice=None).select_related("cash_move", "till_session")
    for entry in rows.prefetch_related("lines").iterator(500):
        if entry.cash_move is not None:
            yield entry, posting.for_cash_move(entry.cash_move.change_minor)
        elif entry.till_session is not None:
            yield entry, posting.for_difference(entry.till_session.difference_minor or 0)
