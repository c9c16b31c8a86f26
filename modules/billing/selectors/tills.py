"""What is read of tills: those there are, what went through a session, and cash that went through none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Min, Prefetch, Q, QuerySet, Sum

from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Reckoning
from modules.billing.models import (
    METHOD_LABELS,
    CashMove,
    Payment,
    Refund,
    RefundState,
    Till,
    TillCount,
    TillRules,
    TillSession,
)
from modules.billing.selectors.reports.figures import Words

OUTSIDE_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRow:
    """A payment or a refund in cash, by its document and nobody's name. What goes back is below zero."""

    invoice_id: UUID
    number: str
    amount: Money
    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What came in by another way, at the place of a till while it was open; less what went back."""

    method: Words
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClose:
    """A session with everything that went through it. What is not to be seen before it is counted, is None."""

    session: TillSession
    reckoning: Reckoning | None
    cash: list[CashRow]
    takings: list[Takings]
    moves: list[CashMove]
    counts: list[TillCount]

    @property
    def is_blind(self) -> bool:
        return self.reckoning is None

    @property
    def last_count(self) -> TillCount | None:
        return self.counts[-1] if self.counts else None

    @property
    def expected(self) -> Money | None:
        return self._money(self.reckoning.expected) if self.reckoning else None

    @property
    def payments(self) -> Money | None:
        return self._money(self.reckoning.payments) if self.reckoning else None

    @property
    def refunds(self) -> Money | None:
        return self._money(-self.reckoning.refunds) if self.reckoning else None

    @property
    def moved(self) -> Money | None:
        return self._money(self.reckoning.paid_in - self.reckoning.paid_out) if self.reckoning else None

    @property
    def pieces(self) -> list[tuple[Money, int, Money]]:
        """Which coins and notes were counted at the end, how many of each, and what they come to."""
        counted = {int(value): number for value, number in self.session.counted_pieces.items()}
        return [
            (self._money(value), number, self._money(value * number)) for value, number in sorted(counted.items())[::-1]
        ]

    def _money(self, minor: int) -> Money:
        return Money(minor, self.session.currency)


def tills() -> QuerySet[Till]:
    """Return the tills, each with its open session if it has one as `open_now`."""
    open_now = Prefetch("sessions", TillSession.objects.open(), to_attr="open_now")
    return Till.objects.select_related("location").prefetch_related(open_now).order_by("location__name", "name")


def hides_sums(session: TillSession, *, counts: int) -> bool:
    """Tell whether nobody sees yet what should be in a till: it is to be counted first."""
    return session.is_open and not counts and TillRules.here().blind_count


def day_close(session: TillSession, *, at: datetime) -> DayClose:
    counts = list(session.counts.order_by("at", "pk"))
    is_hidden = hides_sums(session, counts=len(counts))
    return DayClose(
        session=session,
        reckoning=None if is_hidden else session.reckon(),
        cash=[] if is_hidden else _cash(Q(till_session=session)),
        takings=_takings(session, at=at),
        moves=list(session.moves.order_by("at", "pk")),
        counts=counts,
    )


def outside_any_session() -> list[CashRow]:
    """Return cash that went through no till since the practice opened one for the first time, the latest first."""
    first = TillSession.objects.aggregate(at=Min("opened_at"))["at"]
    if first is None:
        return []
    none = Q(till_session=None, method=Method.CASH.value, at__gte=first)
    return _cash(none, most=OUTSIDE_SHOWN)[::-1][:OUTSIDE_SHOWN]


def _cash(which: Q, *, most: int | None = None) -> list[CashRow]:
    names = ("invoice", "invoice__number", "amount_minor", "currency", "at", "by_name")
    paid = Payment.objects.annotate(at=F("received_at")).filter(which).order_by("-at", "-pk")
    back = Refund.objects.filter(which).exclude(state=RefundState.FAILED).order_by("-at", "-pk")
    found = [(1, row) for row in paid.values(*names)[:most]] + [(-1, row) for row in back.values(*names)[:most]]
    return [
        CashRow(
            invoice_id=row["invoice"],
            number=str(row["invoice__number"]),
            amount=Money(sign * row["amount_minor"], row["currency"]),
            at=row["at"],
            by_name=row["by_name"],
        )
        for sign, row in sorted(found, key=lambda each: each[1]["at"])
    ]


def _takings(session: TillSession, *, at: datetime) -> list[Takings]:
    """Return what came in by the other ways, on documents of the till's location; on all, where there are none."""
    until = session.closed_at or at
    here: dict[str, Any] = {"currency": session.currency}
    if session.till.location_id is not None:
        here["invoice__location"] = session.till.location_id
    paid = Payment.objects.filter(received_at__range=(session.opened_at, until), **here)
    back = Refund.objects.filter(at__range=(session.opened_at, until), **here).exclude(state=RefundState.FAILED)
    came, went = _by_method(paid), _by_method(back)
    return [
        Takings(method=METHOD_LABELS[method], amount=Money(came.get(method, 0) - went.get(method, 0), session.currency))
        for method in METHOD_LABELS
        if method is not Method.CASH and (method in came or method in went)
    ]


def _by_method(rows: QuerySet[Any]) -> dict[Method, int]:
    sums = rows.order_by().values_list("method").annotate(sum=Sum("amount_minor"))
    return {Method(method): int(total) for method, total in sums}
