"""Put the rows of an export into an empty room, all of them or none."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from kernel.errors import Invalid
from privacy.keys import key_of
from privacy.sealing import Place, seal
from tenancy import TenantRef, use_owner
from tenants.life.archive import ArchiveReader
from tenants.life.tables import Table, exported_tables

BATCH = 500


class FromNewerRelease(Invalid):
    """The export knows tables or migrations that this release does not."""

    code = "archive-newer"


class DoesNotFit(Invalid):
    """The rows do not go together, or not into the tables of this release."""

    code = "archive-does-not-fit"


@dataclass(frozen=True, slots=True)
class Translation:
    """What is called otherwise here: ids that stand anywhere in a row, and the numbers of rights."""

    ids: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, int] = field(default_factory=dict)

    def of(self, line: str) -> str:
        for theirs, ours in self.ids.items():
            line = line.replace(theirs, ours)
        return line


def check_level(manifest: dict[str, Any], *, schema_name: str) -> None:
    """Raise `FromNewerRelease` if the export has what our tables do not."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        ours = set(cursor.fetchall())
    newer = sorted({tuple(each) for each in manifest["migrations"]} - ours)
    known = {table.name: set(table.columns) for table in exported_tables()}
    strange = [table["name"] for table in manifest["tables"] if set(table["columns"]) - known.get(table["name"], set())]
    if newer or strange:
        what = ", ".join([*(f"{app}.{name}" for app, name in newer), *strange])
        raise FromNewerRelease(_("The export was made by a newer release; this one lacks: %(what)s.") % {"what": what})


def load(archive: ArchiveReader, tenant: TenantRef, translation: Translation) -> None:
    """Put every row in, in one transaction. Raises `DoesNotFit`.

    The tables' own triggers rest meanwhile: what they would count, refuse or note has happened already.
    """
    described = {table["name"]: table for table in archive.manifest["tables"]}
    tables = [table for table in exported_tables() if table.name in described]
    try:
        with use_owner(tenant.schema_name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            _set_triggers(cursor, tables, "DISABLE")
            for table in tables:
                _load_table(cursor, archive, tenant, table, described[table.name], translation)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _set_triggers(cursor, tables, "ENABLE")
    except DatabaseError as error:
        kind = type(error.__cause__ or error).__name__
        sentence = _("The rows of the export do not fit here (%(kind)s). Nothing was kept.") % {"kind": kind}
        raise DoesNotFit(sentence) from error


def _set_triggers(cursor: Any, tables: list[Table], word: str) -> None:
    for table in tables:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table.name), sql.SQL(word))
        cursor.execute(statement)


def _load_table(
    cursor: Any, archive: ArchiveReader, tenant: TenantRef, table: Table, told: dict[str, Any], translation: Translation
) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in told["columns"])
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM unnest(%s::text[], %s::text[]) AS u (line, ours),"
        " jsonb_populate_record(NULL::{table}, u.line::jsonb || u.ours::jsonb)"
    ).format(table=sql.Identifier(table.name), columns=columns)
    rows = _rows(archive, tenant, table, translation)
    while batch := list(itertools.islice(rows, BATCH)):
        cursor.execute(statement, [[line for line, _ours in batch], [ours for _line, ours in batch]])
    _go_on_counting(cursor, table)


def _rows(
    archive: ArchiveReader, tenant: TenantRef, table: Table, translation: Translation
) -> Iterator[tuple[str, str]]:
    """Return each row, and what of it is otherwise here, both as JSON. History stays as it is."""
    for line in archive.lines(f"tables/{table.name}.jsonl"):
        ours = line if table.verbatim else translation.of(line)
        yield ours, json.dumps(_changed(json.loads(ours), tenant, table, translation))


def _changed(row: dict[str, Any], tenant: TenantRef, table: Table, translation: Translation) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for column in table.sealed:
        if text := row.get(column):
            place = Place(tenant.id, table.home.table, column, row[table.home.key])
            changed[column] = seal(text, key=key_of(tenant), place=place)
    for blind in table.blind:
        changed[str(blind.column)] = blind.digest_of(row.get(blind.of) or "", tenant=tenant)
    for column in table.permissions:
        changed[column] = translation.permissions.get(str(row.get(column)), row.get(column))
    return changed


def _go_on_counting(cursor: Any, table: Table) -> None:
    """Have new rows numbered behind those that came."""
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table.name}"', table.key])
    (sequence,) = cursor.fetchone()
    if sequence:
        highest = sql.SQL("SELECT setval(%s, max({})) FROM {}").format(
            sql.Identifier(table.key), sql.Identifier(table.name)
        )
        cursor.execute(highest, [sequence])
