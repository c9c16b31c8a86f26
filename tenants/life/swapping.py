"""Put a room of a backup in the place of the present one, and back. Each is one transaction: all of it or nothing."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from psycopg import sql

from tenancy import use_owner
from tenancy.grants import grant_tenant, make_tenant_role
from tenants.life.archive import ArchiveReader
from tenants.life.carrying_on import Carried, carry_on

LOCK_TIMEOUT = "20s"  # for what was begun before the doors closed; an export that takes longer has to be ended first
TABLES_IN = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1"


def put_in_place(archive: ArchiveReader, schema_name: str, *, kept: str) -> None:
    """Set the present room aside under the name `kept`, and build the one of the backup where it was."""
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        if has_schema(cursor, schema_name):
            _set_aside(cursor, schema_name, kept)
        make_tenant_role(schema_name)
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))
        _build(cursor, archive, schema_name, "pre-data")
        for table in archive.manifest["tables"]:
            _copy_in(cursor, archive, table)
        for name, last in archive.manifest["sequences"].items():
            cursor.execute("SELECT setval(%s, %s)", [f'"{schema_name}"."{name}"', last])
        _build(cursor, archive, schema_name, "post-data")
        grant_tenant(schema_name)


def take_back(schema_name: str, *, kept: str, carrying: bool) -> Carried:
    """Put the room that was set aside back in its place, and drop the other one.

    With `carrying`, what lasts is taken along from the one that goes, as it was on the way there. If nothing was set
    aside, nothing is done: it was done before.
    """
    carried = Carried()
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        if not has_schema(cursor, kept):
            return carried
        leaving = f"{kept}_"
        if has_schema(cursor, schema_name):
            _set_aside(cursor, schema_name, leaving)
        _rename(cursor, kept, schema_name)
        cursor.execute(_rights("GRANT", "TO", schema_name, schema_name))
        if carrying:
            carried = carry_on(cursor, schema_name, today=leaving, with_log=True)
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(leaving)))
    return carried


def drop(schema_name: str, room: str) -> None:
    """Drop a room that was set aside, or that took another one's place. What is gone already is no error."""
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(room)))


def drop_all_set_aside(schema_name: str) -> None:
    """Drop whatever rooms of a tenant were set aside."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [f"{schema_name}__"])
        aside = [name for (name,) in cursor.fetchall()]
    for room in aside:
        drop(schema_name, room)


def has_schema(cursor: Any, schema_name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
    return cursor.fetchone() is not None


def _set_aside(cursor: Any, schema_name: str, kept: str) -> None:
    """Wait for what is under way in a room, rename it and close it to the tenant's own role.

    Every table is locked: whoever was at work when the name changed would begin in one room and end in another.
    """
    cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
    cursor.execute(TABLES_IN, [schema_name])
    tables = [sql.Identifier(schema_name, name) for (name,) in cursor.fetchall()]
    if tables:
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))
    _rename(cursor, schema_name, kept)
    cursor.execute(_rights("REVOKE", "FROM", kept, schema_name))


def _rename(cursor: Any, old: str, new: str) -> None:
    cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _rights(verb: str, towards: str, schema: str, role: str) -> sql.Composed:
    return sql.SQL("{} USAGE ON SCHEMA {} {} {}").format(
        sql.SQL(verb), sql.Identifier(schema), sql.SQL(towards), sql.Identifier(role)
    )


def _build(cursor: Any, archive: ArchiveReader, schema_name: str, section: str) -> None:
    with archive.open(f"structure/{section}.sql") as entry:
        structure = entry.read().decode()
    cursor.execute("SET LOCAL search_path = ''")
    cursor.execute("SET LOCAL check_function_bodies = off")
    cursor.execute(structure)
    cursor.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(schema_name)))


def _copy_in(cursor: Any, archive: ArchiveReader, table: dict[str, Any]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table["name"]), sql.SQL(", ").join(map(sql.Identifier, table["columns"]))
    )
    with cursor.copy(statement) as rows:
        for chunk in archive.chunks(f"rows/{table['name']}"):
            rows.write(chunk)
