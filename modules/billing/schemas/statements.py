"""A client's account on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from httpapi.schemas import Schema
from modules.billing.selectors.statements import Account, Movement, OpenItem, Statement


class StatementIn(Schema):
    """Days of the tenant's calendar, the first and the last included; without them this year until today."""

    since: date | None = None
    until: date | None = None


class MovementOut(Schema):
    """Something that changed what the client owes: above zero more, below it less. `balance` is what it left."""

    day: date
    kind: str
    what: str
    number: str
    invoice_id: UUID
    change: str
    balance: str

    @staticmethod
    def of(movement: Movement) -> MovementOut:
        return MovementOut(
            day=movement.day,
            kind=movement.kind,
            what=movement.what,
            number=movement.number,
            invoice_id=movement.invoice_id,
            change=str(movement.change),
            balance=str(movement.balance),
        )


class OpenItemOut(Schema):
    """An invoice that was not settled on the last day; below zero, what was paid too much on it."""

    invoice_id: UUID
    number: str
    issued_on: date
    due_on: date
    balance: str
    is_late: bool

    @staticmethod
    def of(item: OpenItem) -> OpenItemOut:
        return OpenItemOut(
            invoice_id=item.invoice_id,
            number=item.number,
            issued_on=item.issued_on,
            due_on=item.due_on,
            balance=str(item.balance),
            is_late=item.is_late,
        )


class AccountOut(Schema):
    """The account in one currency: `opening` and every `change` add up to `closing`, and so does what is open."""

    currency: str
    opening: str
    closing: str
    movements: list[MovementOut]
    open: list[OpenItemOut]

    @staticmethod
    def of(account: Account) -> AccountOut:
        return AccountOut(
            currency=account.currency,
            opening=str(account.opening),
            closing=str(account.closing),
            movements=[MovementOut.of(each) for each in account.movements],
            open=[OpenItemOut.of(each) for each in account.open_items],
        )


class StatementOut(Schema):
    since: date
    until: date
    accounts: list[AccountOut]

    @staticmethod
    def of(statement: Statement) -> StatementOut:
        days = statement.days
        accounts = [AccountOut.of(each) for each in statement.accounts]
        return StatementOut(since=days.since, until=days.until, accounts=accounts)
