"""A tenant's rows as they are at one moment, read bit by bit however many there are."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from privacy.keys import key_for
from privacy.sealing import Place, is_sealed, unseal
from tenancy import TenantRef
from tenancy.places import this_connection
from tenants.life.tables import Table

# A cell that begins like this is a formula to a spreadsheet, and may have been typed by anybody.
FORMULA = re.compile(r"[=+\-@\t\r]")


class Snapshot:
    """Every question is answered as of the moment at which it was taken. Sealed texts come out open."""

    def __init__(self, connection: psycopg.Connection[Any], tenant: TenantRef) -> None:
        self.connection = connection
        self.tenant = tenant

    def is_alone(self, work: UUID) -> bool:
        """Test whether nobody else is at this piece of work. Who dies while at it is at it no longer."""
        return bool(self._ask(sql.SQL("SELECT pg_try_advisory_lock({})").format(work.int % 2**63)))

    def moment(self) -> datetime:
        found: datetime = self._ask(sql.SQL("SELECT now()"))
        return found

    def migrations(self) -> list[tuple[str, str]]:
        return list(self.connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall())

    def count(self, table: Table) -> int:
        return int(self._ask(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))))

    def as_json(self, table: Table) -> Iterator[str]:
        """Return each row as a JSON object, with its values as Postgres writes them."""
        statement = sql.SQL(
            "SELECT row_to_json(p)::text, s.{key}::text{sealed} FROM {rows} s, LATERAL (SELECT {plain}) p"
        ).format(
            key=sql.Identifier(table.home.key),
            sealed=sql.SQL("").join(sql.SQL(", ") + _of_row(column) for column in sorted(table.sealed)),
            rows=_rows(table),
            plain=_listed(_of_row(column) for column in table.plain_columns),
        )
        for line, key, *texts in self._copied(statement, columns=2 + len(table.sealed)):
            opened = zip(sorted(table.sealed), texts, strict=True)
            yield _with(line, {column: self._open(table, column, key, text) for column, text in opened})

    def as_csv(self, table: Table) -> Iterator[str]:
        """Return the table for a spreadsheet, line by line: the heading, then the rows."""
        yield _csv_line(table.columns)
        statement = sql.SQL("SELECT s.{key}::text, {cells} FROM {rows} s").format(
            key=sql.Identifier(table.home.key),
            cells=_listed(_of_row(column) + sql.SQL("::text") for column in table.columns),
            rows=_rows(table),
        )
        for key, *cells in self._copied(statement, columns=1 + len(table.columns)):
            named = zip(table.columns, cells, strict=True)
            yield _csv_line(self._cell(table, column, key, text) for column, text in named)

    def files(self) -> Iterator[tuple[str, str]]:
        """Return the key and the name of each file."""
        statement = sql.SQL("SELECT key, name FROM filestore_storedfile ORDER BY key")
        yield from ((str(key), str(name)) for key, name in self._copied(statement, columns=2))

    def _cell(self, table: Table, column: str, key: str, text: str | None) -> str | None:
        text = self._open(table, column, key, text) if column in table.sealed else text
        return f"'{text}" if text and column in table.texts and FORMULA.match(text) else text

    def _open(self, table: Table, column: str, key: str, text: str | None) -> str | None:
        if not text or not is_sealed(text):
            return text
        return unseal(text, key=key_for(text, self.tenant), place=Place(self.tenant.id, table.home.table, column, key))

    def _copied(self, statement: sql.Composable, *, columns: int) -> Iterator[tuple[Any, ...]]:
        with self.connection.cursor() as cursor, cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(statement)) as copy:
            copy.set_types(["text"] * columns)
            yield from copy.rows()

    def _ask(self, statement: sql.SQL | sql.Composed) -> Any:
        answer = self.connection.execute(statement).fetchone()
        return answer[0] if answer else None


@contextmanager
def snapshot_of(tenant: TenantRef) -> Iterator[Snapshot]:
    """Look at a tenant's room as it is now, on a connection of its own, until the block ends."""
    own = this_connection().copy()
    own.set_tenant(tenant)
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield Snapshot(own.connection, tenant)
        own.connection.rollback()
        own.connection.execute("SELECT pg_advisory_unlock_all()")
    except BaseException:
        own.connection.close()  # in whatever state it is, nobody else is to have it
        raise
    finally:
        own.close()


def _rows(table: Table) -> sql.Composable:
    """Select what is exported of a table; what is secret is left empty."""
    columns = _listed(
        sql.SQL("''::text AS {}" if column in table.secret else "{}").format(sql.Identifier(column))
        for column in table.columns
    )
    return sql.SQL("(SELECT {} FROM {} ORDER BY {})").format(
        columns, sql.Identifier(table.name), sql.Identifier(table.key)
    )


def _of_row(column: str) -> sql.Composable:
    return sql.Identifier("s", column)


def _listed(parts: Iterable[sql.Composable]) -> sql.Composable:
    return sql.SQL(", ").join(parts)


def _with(line: str, more: dict[str, str | None]) -> str:
    """Add members to a JSON object. The rest stays as it was written, to the last digit."""
    return f"{line[:-1]},{json.dumps(more, ensure_ascii=False)[1:]}" if more else line


def _csv_line(cells: Iterable[str | None]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
