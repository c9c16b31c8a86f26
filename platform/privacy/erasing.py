"""Take out of a tenant's room what belongs to somebody, behind guards that nobody else gets past.

Signed notes, issued invoices, former states and the log are kept by triggers against everybody, and none of these can
be opened by a setting. Only the owner of the tables can set them aside, which no request ever is; while they are,
nobody else writes there. Reading goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from tenancy import TenantRef, use_owner

# Sooner given up than waited for: whoever waits for us may hold what we wait for. The job comes again.
LOCK_TIMEOUT = "500ms"


@contextmanager
def as_owner(tenant: TenantRef) -> Iterator[None]:
    """Be the owner of a tenant's room in one transaction. Call outside of any."""
    with use_owner(tenant.schema_name), transaction.atomic():
        yield


@contextmanager
def guards_aside(models: Iterable[type[Model]]) -> Iterator[None]:
    """Be alone in the tables of these models, and have their triggers rest. Call as the owner.

    Raises `OperationalError` if somebody is busy in one of them.
    """
    tables = [sql.Identifier(name) for name in sorted({model._meta.db_table for model in models})]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))
        _set_triggers(cursor, tables, "DISABLE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _set_triggers(cursor, tables, "ENABLE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def remove_rows(model: type[Model], keys: Collection[Any]) -> int:
    """Delete rows by their keys, and nothing that hangs on them: that has to be named itself."""
    return _run(model, sql.SQL("DELETE FROM {table} WHERE {key} = ANY(%s)"), keys)


def empty_rows(model: type[Model], keys: Collection[Any], blanks: Mapping[str, Any]) -> int:
    """Give columns of rows the values that say nothing."""
    if not blanks:
        return len(keys)
    changes = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(_column(model, name))) for name in blanks)
    statement = sql.SQL("UPDATE {table} SET {changes} WHERE {key} = ANY(%s)")
    return _run(model, statement, keys, changes=changes, values=list(blanks.values()))


def empty_names(model: type[Model], keys: Collection[Any], *, name: str, of: str, accounts: Collection[Any]) -> None:
    """Empty the name that stands beside an account's id, where the account is one of these."""
    statement = sql.SQL("UPDATE {table} SET {name} = '' WHERE {key} = ANY(%s) AND {of} = ANY(%s)").format(
        table=sql.Identifier(model._meta.db_table),
        name=sql.Identifier(_column(model, name)),
        of=sql.Identifier(_column(model, of)),
        key=_key(model),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys), list(accounts)])


def _run(
    model: type[Model], statement: sql.SQL, keys: Collection[Any], *, values: list[Any] | None = None, **parts: Any
) -> int:
    if not keys:
        return 0
    composed = statement.format(table=sql.Identifier(model._meta.db_table), key=_key(model), **parts)
    with connection.cursor() as cursor:
        cursor.execute(composed, [*(values or []), list(keys)])
        return int(cursor.rowcount)


def _set_triggers(cursor: Any, tables: list[sql.Identifier], word: str) -> None:
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(table, sql.SQL(word)))


def _column(model: type[Model], name: str) -> str:
    return str(model._meta.get_field(name).column)  # type: ignore[union-attr]  # a column of its own


def _key(model: type[Model]) -> sql.Identifier:
    key = model._meta.pk
    return sql.Identifier(str(key.column) if key else "id")
