"""Reads from the schemas themselves which migrations they have, hundreds of schemas in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from tenancy import use_owner
from tenants import levels

AT_A_TIME = 200  # each schema that a statement names costs a lock until it ends

KNOWING = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'django_migrations' AND c.relkind = 'r' AND n.nspname = ANY(%s)
"""
DIGEST = """
SELECT {name}, encode(sha256(convert_to(coalesce(
    string_agg(DISTINCT (app || '.' || name) COLLATE "C", ' ' ORDER BY (app || '.' || name) COLLATE "C"), ''
), 'UTF8')), 'hex') FROM {schema}.django_migrations WHERE app = ANY({apps})
"""


def digests_of(schema_names: Sequence[str]) -> dict[str, str]:
    """Return the digest of each schema's level. A schema that is not there is left out."""
    found: dict[str, str] = {}
    for start in range(0, len(schema_names), AT_A_TIME):
        found |= _digests(list(schema_names[start : start + AT_A_TIME]))
    return found


def level_of(schema_name: str) -> frozenset[str]:
    """Return the migrations of tenants' apps that a schema has."""
    with use_owner(schema_name), connection.cursor() as cursor:
        table = sql.Identifier(schema_name, "django_migrations")
        cursor.execute(sql.SQL("SELECT app, name FROM {} WHERE app = ANY(%s)").format(table), [levels.labels()])
        return frozenset(f"{app}.{name}" for app, name in cursor.fetchall())


def _digests(schema_names: list[str]) -> dict[str, str]:
    with use_owner(schema_names[0]), connection.cursor() as cursor:
        cursor.execute(KNOWING, [schema_names])
        knowing = [name for (name,) in cursor.fetchall()]
        if not knowing:
            return {}
        cursor.execute(sql.SQL(" UNION ALL ").join(map(digest_in, knowing)))
        return dict(cursor.fetchall())


def digest_in(schema_name: str) -> sql.Composed:
    """Return the query for a schema's name and digest."""
    return sql.SQL(DIGEST).format(
        name=sql.Literal(schema_name), schema=sql.Identifier(schema_name), apps=sql.Literal(levels.labels())
    )
