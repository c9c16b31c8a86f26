"""Statements of the bank and their lines, on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.domain.bank.tables import Role
from modules.billing.models import BankLine, BankMatch, BankStatement, BankTable
from modules.billing.selectors.bank import Found
from modules.billing.selectors.bank_words import ShownProposal
from modules.billing.services.bank.columns import Waiting, WishedColumns
from modules.billing.services.bank.keeping import Taken

RoleName = Literal[
    "date", "value_date", "amount", "debit", "credit", "currency", "text", "name", "iban", "reference", "bank_ref"
]
StateName = Literal["OPEN", "MATCHED", "IGNORED"]


class BankStatementOut(Schema):
    """`known_before`: lines of the file that an earlier statement had, too; they were not kept twice."""

    id: UUID
    name: str
    account: str
    currency: str
    since: date
    until: date
    opening: str | None
    closing: str | None
    known_before: int
    at: Moment
    by_name: str

    @staticmethod
    def of(statement: BankStatement) -> BankStatementOut:
        return BankStatementOut(
            id=statement.pk,
            name=statement.name,
            account=statement.account,
            currency=statement.currency,
            since=statement.since,
            until=statement.until,
            opening=None if statement.opening is None else str(statement.opening),
            closing=None if statement.closing is None else str(statement.closing),
            known_before=statement.known_before,
            at=statement.at,
            by_name=statement.by_name,
        )


class BankFileOut(Schema):
    """What became of a file: its statements; or the table whose columns are to be said first."""

    statements: list[BankStatementOut]
    table_id: UUID | None

    @staticmethod
    def of(taken: Taken) -> BankFileOut:
        return BankFileOut(
            statements=[BankStatementOut.of(each) for each in taken.statements],
            table_id=taken.table.pk if taken.table is not None else None,
        )


class BankColumnsIn(Schema):
    """What each column is, in their order; null leaves one out. What is not said is as the file shows, if it does."""

    roles: Annotated[list[RoleName | None], Field(max_length=200)]
    account: Annotated[str, Field(max_length=60)]
    day_first: bool | None = None
    decimal_sign: Literal["", ",", "."] = ""

    def wish(self) -> WishedColumns:
        return WishedColumns(
            roles=tuple(Role(each) if each else None for each in self.roles),
            account=self.account,
            day_first=self.day_first,
            decimal_sign=self.decimal_sign,
        )


class BankTableOut(Schema):
    """A table, how it is most likely meant, and whether that was said for one with these headers before."""

    id: UUID
    name: str
    headers: list[str]
    first_rows: list[list[str]]
    suggested: BankColumnsIn
    is_known: bool

    @staticmethod
    def of(table: BankTable, waiting: Waiting) -> BankTableOut:
        start = waiting.suggested
        return BankTableOut(
            id=table.pk,
            name=table.name,
            headers=waiting.headers,
            first_rows=waiting.rows[:5],
            suggested=BankColumnsIn(
                roles=[each.value if each else None for each in start.roles],
                account=start.account,
                day_first=start.day_first,
                decimal_sign=cast("Literal['', ',', '.']", start.decimal_sign),
            ),
            is_known=waiting.is_known,
        )


class BankPartOut(Schema):
    """A document, and how much of the line is for it."""

    number: str
    amount: str | None


class BankProposalOut(Schema):
    """`key` confirms it, as long as it still holds."""

    key: str
    is_sure: bool
    client_id: UUID
    client_name: str
    parts: list[BankPartOut]
    beyond: str
    reasons: list[str]

    @staticmethod
    def of(shown: ShownProposal, currency: str) -> BankProposalOut:
        proposal = shown.proposal
        return BankProposalOut(
            key=proposal.key,
            is_sure=proposal.is_sure,
            client_id=proposal.client_id,
            client_name=proposal.client_name,
            parts=[
                BankPartOut(number=number, amount=str(amount) if amount else None) for number, amount in shown.parts
            ],
            beyond=str(Money(proposal.beyond, currency)),
            reasons=list(shown.reasons),
        )


class BankMatchOut(Schema):
    """`made`: the payment was written down by confirming the line; else it was there before."""

    payment_id: UUID | None
    refund_id: UUID | None
    made: bool

    @staticmethod
    def of(match: BankMatch) -> BankMatchOut:
        return BankMatchOut(payment_id=match.payment_id, refund_id=match.refund_id, made=match.made)


class BankLineOut(Schema):
    """Money that came, or below nothing went."""

    id: UUID
    statement_id: UUID
    booked_on: date
    value_on: date | None
    amount: str
    currency: str
    text: str
    reference: str
    party_name: str
    party_iban: str
    bank_reference: str
    state: StateName
    ignored_because: str
    proposals: list[BankProposalOut]
    settled: Annotated[list[str], Field(description="Invoices it names on which nothing is owed by now.")]
    matches: list[BankMatchOut]

    @staticmethod
    def of(found: Found) -> BankLineOut:
        line: BankLine = found.line
        return BankLineOut(
            id=line.pk,
            statement_id=line.statement_id,
            booked_on=line.booked_on,
            value_on=line.value_on,
            amount=str(line.amount),
            currency=line.currency,
            text=line.text,
            reference=line.reference,
            party_name=line.party_name,
            party_iban=line.party_iban,
            bank_reference=line.bank_reference,
            state=cast("StateName", line.state),
            ignored_because=line.ignored_because,
            proposals=[BankProposalOut.of(each, line.currency) for each in found.shown],
            settled=[str(each) for each in found.settled],
            matches=[BankMatchOut.of(each) for each in found.matches],
        )


class BankLinesIn(Schema):
    """Filters."""

    statement_id: UUID | None = None
    state: StateName | None = None


class BankShareIn(Schema):
    """So much of the line is for this invoice."""

    invoice_id: UUID
    amount: Amount


class BankConfirmationIn(Schema):
    """What a line was: a proposal by its `key`; or shares of invoices of one client, what is beyond them being its
    credit; or what was `recorded` before, by the ids of payments, or of a refund. Exactly one of the three."""

    key: Annotated[str, Field(max_length=2000)] = ""
    shares: Annotated[list[BankShareIn], Field(max_length=50)] = []
    recorded: Annotated[list[UUID], Field(max_length=50)] = []


class BankReasonIn(Schema):
    """Why a line is nothing of ours."""

    reason: Annotated[str, Field(max_length=200)]
