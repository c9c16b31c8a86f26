"""Migrates one schema by Django, and others of the same level by repeating what Django did there.

Django takes a second for a schema to build the state of all models; the SQL that comes of it is the same for each.
It is recorded while it runs and not collected beforehand: a migration may look at what the one before it has made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from psycopg import sql

from tenancy import use_owner
from tenancy.executor import RoomExecutor
from tenancy.grants import grant_tenant
from tenancy.places import this_connection
from tenants import levels, readings

LOCK_TIMEOUT = "2s"  # rather fail and be run again than make a practice wait behind us


class ChangedMeanwhile(RuntimeError):
    """The schema is not at the level any more that it was found at."""


@dataclass(frozen=True, slots=True)
class Script:
    """The way from one level to the next. `statements` is None where Django has to go it each time anew."""

    before: str
    rows: tuple[tuple[str, str], ...]  # of django_migrations
    after: frozenset[str]
    statements: tuple[str, ...] | None


def migrate_by_django(schema_name: str) -> Script:
    """Migrate a schema to what this code has, and return how it was done.

    If it was all done by SQL it is one transaction; else one per migration, as Django does it.
    """
    with use_owner(schema_name):
        executor = RoomExecutor(connection)
        had = set(executor.loader.applied_migrations)
        plan = executor.migration_plan([key for key in executor.loader.graph.leaf_nodes() if key[0] in levels.labels()])
        is_sql = all(_is_sql(migration) for migration, _ in plan)
        before = levels.digest(_ours(had))
        with _guarded(schema_name, before) if is_sql else _cautious(), _recorded() as statements:
            executor.migrate(None, plan=plan)
            grant_tenant(schema_name)
        has = set(executor.recorder.applied_migrations())
    return Script(
        before=before,
        rows=tuple(sorted(has - had)),
        after=_ours(has),
        statements=tuple(statements) if is_sql else None,
    )


def repeat(script: Script, schema_name: str) -> Script:
    """Do in a schema what was done in another one of the same level. Raises `ChangedMeanwhile`."""
    if script.statements is None:
        return migrate_by_django(schema_name)
    with use_owner(schema_name), _guarded(schema_name, script.before), connection.cursor() as cursor:
        if script.statements:
            cursor.execute("\n;\n".join(script.statements))
        cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", script.rows)
        grant_tenant(schema_name)
    return script


@contextmanager
def _guarded(schema_name: str, before: str) -> Iterator[None]:
    """Run the block in one transaction, as the only one that migrates this schema. Raises `ChangedMeanwhile`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
        cursor.execute("LOCK TABLE django_migrations IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(readings.digest_in(schema_name))
        if cursor.fetchone()[1] != before:
            raise ChangedMeanwhile
        yield


@contextmanager
def _cautious() -> Iterator[None]:
    """Wait for no lock longer than `LOCK_TIMEOUT`, over several transactions."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET lock_timeout = {}").format(LOCK_TIMEOUT))
        try:
            yield
        finally:
            cursor.execute("RESET lock_timeout")


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """Write down every statement of Django's schema editors on this connection."""
    database, statements = this_connection(), list[str]()
    usual = database.SchemaEditorClass

    class Recorder(usual):  # type: ignore[misc, valid-type]
        def execute(self, sql: Any, params: Any = ()) -> None:
            statement = str(sql) if params is None else database.ops.compose_sql(str(sql), params)
            statements.append(statement)
            super().execute(statement, None)

        def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
            super().__exit__(kind, error, traceback)
            if kind is None and database.in_atomic_block:
                # Django commits here. We go on: what waits for the commit would forbid altering its table.
                self.execute("SET CONSTRAINTS ALL IMMEDIATE", None)
                self.execute("SET CONSTRAINTS ALL DEFERRED", None)

    database.SchemaEditorClass = Recorder
    try:
        yield statements
    finally:
        database.SchemaEditorClass = usual


def _is_sql(migration: Migration) -> bool:
    """Test whether running a migration is to send SQL and nothing else, in a transaction."""
    is_ours = migration.app_label in levels.labels()  # any other does nothing in a tenant's schema, and is only noted
    return migration.atomic and (not is_ours or all(map(_reduces_to_sql, migration.operations)))


def _reduces_to_sql(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(map(_reduces_to_sql, operation.database_operations))
    return operation.reduces_to_sql


def _ours(migrations: set[tuple[str, str]]) -> frozenset[str]:
    return frozenset(f"{app}.{name}" for app, name in migrations if app in levels.labels())
