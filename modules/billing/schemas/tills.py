"""Tills, their sessions and what goes in and out of them, on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.domain.tills import Counted, counted_in_pieces
from modules.billing.models import LONGEST_TILL_NAME, LONGEST_TILL_REASON, CashMove, Till, TillCount, TillSession
from modules.billing.selectors.tills import DayClose
from modules.billing.services.tills import CountInvalid, TillDetails

TillName = Annotated[str, Field(max_length=LONGEST_TILL_NAME)]
Reason = Annotated[str, Field(max_length=LONGEST_TILL_REASON)]


class TillIn(Schema):
    """Where a practice has locations, a till is at one of them."""

    name: TillName
    location_id: UUID | None = None
    currency: str = Field(min_length=3, max_length=3)

    def details(self) -> TillDetails:
        return TillDetails(name=self.name, location_id=self.location_id, currency=self.currency.upper())


class TillChangeIn(Schema):
    """An open till is not switched off."""

    name: TillName
    is_active: bool = True


class TillOut(Schema):
    id: UUID
    name: str
    location_id: UUID | None
    currency: str
    is_active: bool

    @staticmethod
    def of(till: Till) -> TillOut:
        return TillOut(
            id=till.pk,
            name=till.name,
            location_id=till.location_id,
            currency=till.currency,
            is_active=till.is_active,
        )


class TillRulesIn(Schema):
    """`needs_open_till`: cash is refused outside a session. `blind_count`: what is expected is hidden until a count."""

    needs_open_till: bool = False
    blind_count: bool = True


class PieceIn(Schema):
    """So many coins or notes of this value."""

    value: Amount
    number: int = Field(ge=0)


class CountIn(Schema):
    """What is in a till: its coins and notes, or the sum. Given both, they are the same."""

    amount: Amount | None = None
    pieces: list[PieceIn] = Field(default=[], max_length=30)

    def counted(self, currency: str) -> Counted:
        """Return it as the services take it. Raises `CountInvalid` where it is nothing, or coins that there are not."""
        try:
            pieces = {Money.parse(each.value, currency).minor: each.number for each in self.pieces}
            found = counted_in_pieces(pieces, currency) if pieces else None
        except ValueError as error:
            raise CountInvalid(str(error), fields={"pieces": [str(error)]}) from None
        if self.amount is not None:
            return Counted(Money.parse(self.amount, currency), found.pieces if found else {})
        if found is None:
            sentence = "Count the coins and notes, or say the sum."
            raise CountInvalid(sentence, fields={"amount": [sentence]})
        return found


class SessionIn(CountIn):
    """Which till is opened, with what in it."""

    till_id: UUID


class SessionsIn(Schema):
    """Filters."""

    till_id: UUID | None = None
    is_open: bool | None = None


class TillSessionOut(Schema):
    """What is known once it is closed is empty before; a `difference` below zero is missing."""

    id: UUID
    till_id: UUID
    till_name: str
    currency: str
    opened_at: Moment
    opened_by_name: str
    opening: str
    closed_at: Moment | None
    closed_by_name: str
    expected: str | None
    counted: str | None
    difference: str | None
    reason: str

    @staticmethod
    def of(session: TillSession) -> TillSessionOut:
        return TillSessionOut(**_of_session(session))


class CashMoveIn(Schema):
    kind: Literal["PAID_IN", "PAID_OUT"]
    amount: Amount
    reason: Reason


class CashMoveOut(Schema):
    id: UUID
    kind: Literal["PAID_IN", "PAID_OUT"]
    amount: str
    currency: str
    reason: str
    at: Moment
    by_name: str

    @staticmethod
    def of(move: CashMove) -> CashMoveOut:
        return CashMoveOut(
            id=move.pk,
            kind=cast("Literal['PAID_IN', 'PAID_OUT']", move.kind),
            amount=str(move.amount),
            currency=move.currency,
            reason=move.reason,
            at=move.at,
            by_name=move.by_name,
        )


class TillCountOut(Schema):
    id: UUID
    counted: str
    expected: str
    difference: str
    currency: str
    at: Moment
    by_name: str

    @staticmethod
    def of(count: TillCount) -> TillCountOut:
        return TillCountOut(
            id=count.pk,
            counted=str(count.amount),
            expected=str(count.expected),
            difference=str(count.difference),
            currency=count.currency,
            at=count.at,
            by_name=count.by_name,
        )


class ClosingIn(Schema):
    """A till is closed with its last count. A difference needs a reason."""

    reason: Reason = ""


class CashOut(Schema):
    """A payment or, below zero, a refund in cash."""

    invoice_id: UUID
    invoice_number: str
    amount: str
    at: Moment
    by_name: str


class DayCloseOut(TillSessionOut):
    """A session with what went through it. `is_blind`: the cash and what is expected is hidden until it is counted."""

    is_blind: bool
    expected_now: str | None
    cash: list[CashOut]
    moves: list[CashMoveOut]
    counts: list[TillCountOut]

    @staticmethod
    def of_close(close: DayClose) -> DayCloseOut:
        return DayCloseOut(
            **_of_session(close.session),
            is_blind=close.is_blind,
            expected_now=_text(close.expected),
            cash=[
                CashOut(
                    invoice_id=row.invoice_id,
                    invoice_number=row.number,
                    amount=str(row.amount),
                    at=row.at,
                    by_name=row.by_name,
                )
                for row in close.cash
            ],
            moves=[CashMoveOut.of(move) for move in close.moves],
            counts=[TillCountOut.of(count) for count in close.counts],
        )


def _of_session(session: TillSession) -> dict[str, Any]:
    return {
        "id": session.pk,
        "till_id": session.till_id,
        "till_name": str(session.till),
        "currency": session.currency,
        "opened_at": session.opened_at,
        "opened_by_name": session.opened_by_name,
        "opening": str(session.opening),
        "closed_at": session.closed_at,
        "closed_by_name": session.closed_by_name,
        "expected": _text(session.expected),
        "counted": _text(session.counted),
        "difference": _text(session.difference),
        "reason": session.reason,
    }


def _text(amount: Money | None) -> str | None:
    return None if amount is None else str(amount)
