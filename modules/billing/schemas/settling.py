"""Credit, refunds, write-offs and sums for several invoices, on the wire."""

from __future__ import annotations

from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from modules.billing.models import CreditUse, Refund, WriteOff
from modules.billing.schemas.documents import CreditIn
from modules.billing.schemas.invoices import AtTheDesk, LineOut, MethodName
from modules.billing.services import WayBack
from modules.billing.services.settling.unwinding import Unwound

Reason = Annotated[str, Field(max_length=200)]


class RefundPartIn(Schema):
    """So much goes back by this way; `payment_id` says of which payment, and online it has to."""

    amount: Amount
    payment_method: MethodName
    payment_id: UUID | None = None


class RefundIn(Schema):
    """What goes back of what was paid too much. Without parts: all of it, the way it came. Cash: of which till."""

    reason: Reason
    till_session_id: UUID | None = None
    parts: list[RefundPartIn] = Field(default=[], max_length=50)


class TakingBackIn(Schema):
    """Why; and out of which till it goes, if it was cash."""

    reason: Reason
    till_session_id: UUID | None = None


class RefundOut(Schema):
    """`state`: ASKED is on its way at the gateway; FAILED did not arrive, and is the client's credit again."""

    id: UUID
    invoice_id: UUID
    payment_id: UUID | None
    kind: Literal["PAID_BACK", "TAKEN_BACK"]
    amount: str
    currency: str
    payment_method: MethodName
    state: Literal["ASKED", "DONE", "FAILED"]
    reason: str
    at: Moment
    finished_at: Moment | None
    by_name: str
    till_session_id: UUID | None

    @staticmethod
    def of(refund: Refund) -> RefundOut:
        return RefundOut(
            id=refund.pk,
            invoice_id=refund.invoice_id,
            payment_id=refund.payment_id,
            kind=cast("Literal['PAID_BACK', 'TAKEN_BACK']", refund.kind),
            amount=str(refund.amount),
            currency=refund.currency,
            payment_method=cast("MethodName", refund.method),
            state=cast("Literal['ASKED', 'DONE', 'FAILED']", refund.state),
            reason=refund.reason,
            at=refund.at,
            finished_at=refund.finished_at,
            by_name=refund.by_name,
            till_session_id=refund.till_session_id,
        )


class RefundsIn(Schema):
    """Filters."""

    invoice_id: UUID | None = None
    state: Literal["ASKED", "DONE", "FAILED"] | None = None


class WayBackOut(Schema):
    """So much can go back on the way on which a payment came."""

    payment_id: UUID
    payment_method: MethodName
    amount: str
    currency: str

    @staticmethod
    def of(way: WayBack) -> WayBackOut:
        return WayBackOut(
            payment_id=way.payment.pk,
            payment_method=cast("MethodName", way.payment.method),
            amount=str(way.amount),
            currency=way.amount.currency,
        )


class CreditUseIn(Schema):
    """The invoice that is paid with credit, and how much of it; without an amount as much as can be."""

    target_id: UUID
    amount: Amount | None = None


class CreditUseOut(Schema):
    id: UUID
    source_id: UUID
    target_id: UUID
    amount: str
    currency: str
    at: Moment

    @staticmethod
    def of(use: CreditUse) -> CreditUseOut:
        return CreditUseOut(
            id=use.pk,
            source_id=use.source_id,
            target_id=use.target_id,
            amount=str(use.amount),
            currency=use.currency,
            at=use.at,
        )


class WriteOffIn(Schema):
    """Why, and how much; without an amount all of it."""

    reason: Reason
    amount: Amount | None = None


class WriteOffOut(Schema):
    """`amount` below nothing: what was given up is asked for after all."""

    id: UUID
    invoice_id: UUID
    amount: str
    currency: str
    reason: str
    at: Moment
    by_name: str

    @staticmethod
    def of(row: WriteOff) -> WriteOffOut:
        return WriteOffOut(
            id=row.pk,
            invoice_id=row.invoice_id,
            amount=str(row.amount),
            currency=row.currency,
            reason=row.reason,
            at=row.at,
            by_name=row.by_name,
        )


class ShareIn(Schema):
    invoice_id: UUID
    amount: Amount


class ReceiptIn(Schema):
    """One sum of money, and how much of it is for which invoice. `reference`: the slip's, or the bank's."""

    shares: list[ShareIn] = Field(min_length=1, max_length=100)
    payment_method: AtTheDesk
    reference: Annotated[str, Field(max_length=100)] = ""
    till_session_id: UUID | None = None


class UnwindingIn(CreditIn):
    """What is credited, as for a credit note; and whether the money goes back the way it came, and of which till."""

    give_back: bool = True
    till_session_id: UUID | None = None


class UnwindingOut(Schema):
    """What is done, or would be. Before it is done nothing has an id or a number."""

    credit_note_id: UUID | None
    number: str | None
    credited: str
    currency: str
    lines: list[LineOut]
    back_on_the_shelf: list[UUID]
    packages_called_off: list[UUID]
    refunds: list[WayBackOut]
    credit_left: str
    to_pay: str

    @staticmethod
    def of(unwound: Unwound, *, is_done: bool) -> UnwindingOut:
        note = unwound.credit_note
        return UnwindingOut(
            credit_note_id=note.pk if is_done else None,
            number=note.number if is_done else None,
            credited=str(note.gross),
            currency=note.currency,
            lines=[LineOut.of(line) for line in unwound.lines],
            back_on_the_shelf=[line.item_id for line in unwound.restocked if line.item_id],
            packages_called_off=[purchase.pk for purchase in unwound.called_off],
            refunds=[
                WayBackOut(
                    payment_id=refund.payment_id,
                    payment_method=cast("MethodName", refund.method),
                    amount=str(refund.amount),
                    currency=refund.currency,
                )
                for refund in unwound.refunds
                if refund.payment_id
            ],
            credit_left=str(unwound.credit_left),
            to_pay=str(unwound.to_pay),
        )
