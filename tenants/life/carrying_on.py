"""What a backup does not undo: who has left, what was sent, what was logged, which numbers were given out.

Each model says so for itself (`when_restored`, kernel.lasting).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import sql

from kernel.lasting import Lasts
from tenants.life.tables import tenant_models

LOG = "audit_"  # what its tables' names begin with
COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass
AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
STANDING = "SELECT id, user_id, role FROM {} WHERE ended_at IS NULL AND joined_at IS NOT NULL"


class Person(NamedTuple):
    member_id: UUID
    user_id: UUID | None
    role: str


@dataclass
class Carried:
    """What became of people since the backup."""

    left: list[Person] = field(default_factory=list)
    joined: list[Person] = field(default_factory=list)
    other_role: list[Person] = field(default_factory=list)


def carry_on(cursor: Any, schema_name: str, *, today: str, with_log: bool) -> Carried:
    """Bring a room up to another one of the same tenant in all that lasts. Call as the owner, in a transaction.

    The tables' own triggers rest meanwhile: what they would refuse or note has happened already.
    """
    before = _standing(cursor, schema_name)
    lasting = [(table, lasts) for table, lasts in lasting_tables() if with_log or not table.startswith(LOG)]
    lasting = [(table, lasts) for table, lasts in lasting if _has_table(cursor, today, table)]
    tables = [sql.Identifier(schema_name, table) for table, _ in lasting]
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    _set_triggers(cursor, tables, "DISABLE")
    for table, lasts in lasting:
        _carry(cursor, table, lasts, old=today, new=schema_name)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _set_triggers(cursor, tables, "ENABLE")
    return _difference(before, _standing(cursor, schema_name))


def lasting_tables() -> list[tuple[str, Lasts]]:
    return [(model._meta.db_table, model.when_restored) for model in tenant_models() if hasattr(model, "when_restored")]


def _carry(cursor: Any, table: str, lasts: Lasts, *, old: str, new: str) -> None:
    there, here = sql.Identifier(old, table), sql.Identifier(new, table)
    if lasts.ends:
        column, value = lasts.ends
        cursor.execute(sql.SQL("UPDATE {} SET {} = {}").format(here, sql.Identifier(column), sql.Literal(value)))
    columns = _columns(cursor, old, table) & _columns(cursor, new, table)
    names = sorted(columns)
    statement = _update if lasts.known else _upsert
    cursor.execute(statement(there, here, names, lasts))
    if "id" in columns and not lasts.known:
        _go_on_counting(cursor, here)


def _upsert(there: sql.Composable, here: sql.Composable, names: list[str], lasts: Lasts) -> sql.Composed:
    changes = [
        sql.SQL("{column} = excluded.{column}").format(column=sql.Identifier(name))
        for name in names
        if name not in ("id", lasts.by)
    ]
    return sql.SQL(
        "INSERT INTO {here} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {there} AS t {where}"
        " ON CONFLICT ({by}) DO {what}"
    ).format(
        here=here,
        there=there,
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        where=_where(lasts),
        by=sql.Identifier(lasts.by),
        what=sql.SQL("UPDATE SET {}").format(sql.SQL(", ").join(changes)) if changes else sql.SQL("NOTHING"),
    )


def _update(there: sql.Composable, here: sql.Composable, names: list[str], lasts: Lasts) -> sql.Composed:
    changes = [sql.SQL("{column} = t.{column}").format(column=sql.Identifier(name)) for name in names if name != "id"]
    return sql.SQL("UPDATE {here} AS h SET {changes} FROM {there} AS t WHERE h.{by} = t.{by}").format(
        here=here, there=there, changes=sql.SQL(", ").join(changes), by=sql.Identifier(lasts.by)
    )


def _where(lasts: Lasts) -> sql.Composable:
    if lasts.only is None:
        return sql.SQL("WHERE true")  # else ON CONFLICT would be taken for the condition of a join
    column, value = lasts.only
    return sql.SQL("WHERE {} = {}").format(sql.Identifier(column), sql.Literal(value))


def _columns(cursor: Any, schema_name: str, table: str) -> set[str]:
    cursor.execute(COLUMNS, [f'"{schema_name}"."{table}"'])
    return {name for (name,) in cursor.fetchall()}


def _has_table(cursor: Any, schema_name: str, table: str) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{schema_name}"."{table}"'])
    return bool(cursor.fetchone()[0])


def _go_on_counting(cursor: Any, table: sql.Identifier) -> None:
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table.as_string(None)])
    (sequence,) = cursor.fetchone()
    if sequence:
        cursor.execute(sql.SQL("SELECT setval(%s, max(id)) FROM {}").format(table), [sequence])


def _set_triggers(cursor: Any, tables: list[sql.Identifier], word: str) -> None:
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(table, sql.SQL(word)))


def _standing(cursor: Any, schema_name: str) -> dict[UUID, Person]:
    cursor.execute(sql.SQL(STANDING).format(sql.Identifier(schema_name, "access_member")))
    return {row[0]: Person(*row) for row in cursor.fetchall()}


def _difference(before: dict[UUID, Person], after: dict[UUID, Person]) -> Carried:
    return Carried(
        left=[person for key, person in before.items() if key not in after],
        joined=[person for key, person in after.items() if key not in before],
        other_role=[person for key, person in after.items() if key in before and before[key].role != person.role],
    )
