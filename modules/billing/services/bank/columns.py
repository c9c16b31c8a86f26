"""Say what the columns of a table from the bank are: once for all that have the same headers. Look first, keep then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import recording as audit
from modules.billing.domain.bank.lines import ReadLine, ReadStatement, Unreadable, as_account
from modules.billing.domain.bank.tables import (
    Columns,
    Role,
    check_roles,
    guess_decimal_sign,
    guess_roles,
    has_cents,
    key_of,
    read_row,
)
from modules.billing.models import BankColumns, BankStatement, BankTable
from modules.billing.services.bank.keeping import keep
from modules.billing.services.bank.refusals import refused, refused_rows
from modules.crm import public as crm
from tenancy import current_tenant

SHOWN = 5
AMOUNTS = (Role.AMOUNT, Role.DEBIT, Role.CREDIT)
DAYS = (Role.DATE, Role.VALUE_DATE)
Rows = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedColumns:
    """What each column is said to be; how dates and amounts are meant, where they can be read in two ways."""

    roles: tuple[Role | None, ...]
    account: str
    day_first: bool | None = None
    decimal_sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A table, how it is most likely meant, and whether that was said for such a table before."""

    headers: list[str]
    rows: Rows
    suggested: WishedColumns
    is_known: bool


def waiting(table: BankTable) -> Waiting:
    headers, rows = _told(table)
    known = BankColumns.objects.filter(headers_key=key_of(headers)).first()
    if known is not None and len(known.roles) == len(headers):
        wish = WishedColumns(
            roles=tuple(Role(each) if each else None for each in known.roles),
            account=known.account,
            day_first=known.day_first,
            decimal_sign=known.decimal_sign,
        )
        return Waiting(headers=headers, rows=rows, suggested=wish, is_known=True)
    roles = guess_roles(headers)
    wish = WishedColumns(
        roles=roles, account="", day_first=_order(roles, rows), decimal_sign=_decimal_sign(roles, rows)
    )
    return Waiting(headers=headers, rows=rows, suggested=wish, is_known=False)


def preview(*, table: BankTable, wish: WishedColumns, on: date) -> list[ReadLine]:
    """Return what the first rows would be. Raises `StatementInvalid`; keeps nothing."""
    headers, rows = _told(table)
    return _read(headers, rows[:SHOWN], _checked(wish, rows), wish, on=on)


@transaction.atomic
def keep_table(*, table: BankTable, wish: WishedColumns, by: Any, at: datetime) -> BankStatement:
    """Keep the lines of a table, and what its columns are for the next one. Raises `StatementInvalid`."""
    waits = BankTable.objects.select_for_update().filter(pk=table.pk).first()
    if waits is None:
        raise refused(Unreadable("gone"))
    headers, rows = _told(waits)
    columns = _checked(wish, rows)
    lines = _read(headers, rows, columns, wish, on=at.date())
    if not lines:
        raise refused(Unreadable("empty"))
    days = [line.booked_on for line in lines]
    read = ReadStatement(
        account=columns.account,
        currency=current_tenant().currency,
        since=min(days),
        until=max(days),
        lines=tuple(lines),
    )
    (statement,) = keep([read], name=waits.name, digest=waits.digest, by=by, at=at)
    _remember(headers, columns, day_first=wish.day_first is not False, by=by)
    audit.record(action="billing.banktable.kept", of=waits, by=by, changes={"statement_id": (None, statement.pk)})
    waits.delete()
    return statement


@transaction.atomic
def discard_table(*, table: BankTable, by: Any) -> None:
    """Throw a table away whose columns nobody said."""
    audit.record(action="billing.banktable.discarded", of=table, by=by, changes={"name": (table.name, None)})
    table.delete()


def _remember(headers: Sequence[str], columns: Columns, *, day_first: bool, by: Any) -> None:
    said = {
        "roles": [each.value if each else "" for each in columns.roles],
        "day_first": day_first,
        "decimal_sign": columns.decimal_sign,
        "account": columns.account,
    }
    row, is_new = BankColumns.objects.get_or_create(headers_key=key_of(headers), defaults=said)
    before = {name: None if is_new else getattr(row, name) for name in said}
    changes = {name: (before[name], value) for name, value in said.items() if before[name] != value}
    if not changes:
        return
    for name, value in said.items():
        setattr(row, name, value)
    row.save()
    audit.record(action="billing.bankcolumns.set", of=row, by=by, changes=changes)


def _checked(wish: WishedColumns, rows: Rows) -> Columns:
    """Return the columns as they are read by. Raises `StatementInvalid` for what is not said and does not show."""
    try:
        check_roles(wish.roles)
        account = as_account(wish.account)
    except Unreadable as problem:
        raise refused(problem, field="account" if str(problem) == "account" else "roles") from None
    amounts = list(_cells(wish.roles, rows, AMOUNTS))
    decimal_sign = wish.decimal_sign or guess_decimal_sign(amounts, current_tenant().currency)
    if not decimal_sign:
        if has_cents(amounts):
            raise refused(Unreadable("decimal-sign"), field="decimal_sign")
        decimal_sign = "."
    if wish.day_first is None and _order(wish.roles, rows) is None:
        raise refused(Unreadable("day-first"), field="day_first")
    return Columns(roles=wish.roles, decimal_sign=decimal_sign, account=account)


def _read(headers: Sequence[str], rows: Rows, columns: Columns, wish: WishedColumns, *, on: date) -> list[ReadLine]:
    day_first = wish.day_first if wish.day_first is not None else _order(columns.roles, rows) is not False
    read_day = _reader_of_days(day_first=day_first, on=on)
    lines: list[ReadLine] = []
    problems: list[tuple[int, Unreadable]] = []
    for number, cells in enumerate(rows, start=1):
        try:
            line = read_row(cells, columns, currency=current_tenant().currency, read_day=read_day)
        except Unreadable as problem:
            problems.append((number, problem))
        else:
            lines += [line] if line is not None else []
    if problems:
        raise refused_rows(problems)
    return lines


def _reader_of_days(*, day_first: bool, on: date) -> Callable[[str], date | None]:
    def read(text: str) -> date | None:
        try:
            return crm.read_date(text, day_first=day_first, on=on)
        except crm.NotReadable:
            return None

    return read


def _order(roles: Sequence[Role | None], rows: Rows) -> bool | None:
    """Return whether the day comes first in the dates of a table; nothing if they can be read both ways."""
    texts = [text for text in _cells(roles, rows, DAYS) if text]
    return crm.day_comes_first(texts)


def _decimal_sign(roles: Sequence[Role | None], rows: Rows) -> str:
    return guess_decimal_sign(_cells(roles, rows, AMOUNTS), current_tenant().currency)


def _cells(roles: Sequence[Role | None], rows: Rows, wanted: Sequence[Role]) -> Iterator[str]:
    places = [place for place, role in enumerate(roles) if role in wanted]
    return (row[place] for row in rows for place in places if place < len(row))


def _told(table: BankTable) -> tuple[list[str], Rows]:
    headers, rows = json.loads(table.rows)
    return headers, rows
