"""The wire shapes of the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from modules.billing.models import LedgerEntry, LedgerLine
from modules.billing.selectors.ledger import Balance

AccountName = Literal[
    "RECEIVABLE",
    "CREDIT",
    "DEPOSITS",
    "PACKAGES",
    "SALES",
    "FEES",
    "TAX",
    "CASH",
    "CARD",
    "BANK",
    "STRIPE",
    "PAID_BACK",
    "LOSSES",
    "MOVED",
    "PETTY",
    "DIFFERENCES",
]


class EntriesIn(Schema):
    """Days of the tenant's calendar, the first and the last included; without them the current month. A year at most.

    `account` leaves those entries that touch it.
    """

    since: date | None = None
    until: date | None = None
    account: AccountName | Literal[""] = ""


class LedgerLineOut(Schema):
    """A debit (above zero) or a credit (below it)."""

    account: str
    amount: Amount
    currency: str
    tax_rate: Decimal | None = Field(description="In per cent, on accounts where one matters.")

    @staticmethod
    def of(line: LedgerLine) -> LedgerLineOut:
        return LedgerLineOut(
            account=line.account, amount=line.amount.decimal, currency=line.currency, tax_rate=line.tax_rate
        )


class LedgerEntryOut(Schema):
    """What happened. The amounts of its lines add up to nothing in each currency.

    What is about a till and no invoice names the session of that till (`CASH_IN`, `CASH_OUT`, `DIFFERENCE`).
    """

    id: UUID
    kind: str
    day: date
    invoice_id: UUID | None
    invoice_number: str
    till_session_id: UUID | None
    entered_at: Moment
    lines: list[LedgerLineOut]

    @staticmethod
    def of(entry: LedgerEntry) -> LedgerEntryOut:
        return LedgerEntryOut(
            id=entry.pk,
            kind=entry.kind,
            day=entry.day,
            invoice_id=entry.invoice_id,
            invoice_number=str(entry.invoice.number) if entry.invoice else "",
            till_session_id=entry.session_of_till,
            entered_at=entry.entered_at,
            lines=[LedgerLineOut.of(line) for line in entry.lines.all()],
        )


class BalanceOut(Schema):
    """What an account was before these days, what came and went in them, and what it is after: credits below zero."""

    account: str
    currency: str
    before: Amount
    debit: Amount
    credit: Amount
    after: Amount

    @staticmethod
    def of(balance: Balance) -> BalanceOut:
        return BalanceOut(
            account=balance.account.value,
            currency=balance.before.currency,
            before=balance.before.decimal,
            debit=balance.debit.decimal,
            credit=balance.credit.decimal,
            after=balance.after.decimal,
        )


class BalancesOut(Schema):
    since: date
    until: date
    items: list[BalanceOut]
