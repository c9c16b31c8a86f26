"""Put one tenant into a file of its own, as it is at this moment, for `restoring` to put back.

The file has the room as Postgres keeps it, sealed texts sealed, and what must fit it: jobs that wait, and where in
Stripe's events the tenant is. It has no key: what was erased with its key does not come back out of a backup.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.core.files.storage import default_storage
from django.db.models import Max
from psycopg import sql

from filestore.shelves import Writer
from jobs.models import OutboxMessage
from privacy.keys import keys_of
from tenancy import TenantRef, everywhere, use, use_owner, use_platform
from tenancy.databases import CELL
from tenancy.places import Owner, this_connection
from tenants.dumps import structure_of
from tenants.life.archive import CHUNK, ArchiveWriter, Entry
from tenants.models import Tenant
from webhooks.models import StripeEvent

FORMAT, VERSION = "atrium-backup", 1
SETTINGS = ("name", "time_zone", "currency", "language", "brand_hue", "brand_chroma")  # the workspace's own word
TABLES = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY 1 ORDER BY 1
"""
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s AND last_value IS NOT NULL"


class Table(NamedTuple):
    name: str
    columns: list[str]


def write_backup(*, to: Writer, tenant: Tenant, at: datetime, as_of: datetime | None, with_files: bool = True) -> Entry:
    """Write a tenant's backup to where one likes. Call outside of a transaction.

    `as_of` is for a cluster that was itself restored from a backup: when that one was made.
    """
    ref = tenant.ref()
    facts = _of_platform(tenant, ref)
    with _moment_of(ref) as connection, ArchiveWriter(to) as archive:
        snapshot = _ask(connection, "SELECT pg_export_snapshot()")[0][0]
        for section in ("pre-data", "post-data"):
            with use_owner(ref.schema_name):
                structure = structure_of(ref.schema_name, section=section, snapshot=snapshot)
            with archive.entry(f"structure/{section}.sql") as entry:
                entry.write(structure.encode())
        tables = [Table(*row) for row in _ask(connection, TABLES, ref.schema_name)]
        rows = {table.name: _copy_out(archive, connection, table) for table in tables}
        files = list(_put_files_in(archive, connection, ref, with_files=with_files))
        return archive.close(
            facts
            | {"as_of": as_of or at, "made_at": at, "files": files}
            | {"migrations": _ask(connection, "SELECT app, name FROM django_migrations ORDER BY 1, 2")}
            | {"tables": [{**table._asdict(), "rows": rows[table.name]} for table in tables]}
            | {"sequences": dict(_ask(connection, SEQUENCES, ref.schema_name))}
            | {"jobs": facts["jobs"] | {str(row["id"]): row for row in _jobs_in(connection, ref)}}
        )


def fingerprints_of(tenant: TenantRef) -> list[str]:
    """Return what tells a tenant's keys from others and says nothing of them, beginning with the one that seals."""
    mark = f"backup|{tenant.id}".encode()
    return [hmac.digest(key.secret, mark, hashlib.sha256).hex() for key in keys_of(tenant)]


def jobs_of(tenant_id: UUID) -> dict[str, dict[str, Any]]:
    """Return a tenant's jobs that wait, by their ids, from every outbox."""
    found: dict[str, dict[str, Any]] = {}
    for enter in everywhere():
        with enter():
            waiting = OutboxMessage.objects.filter(tenant_id=tenant_id, done_at=None, dead_at=None)
            found |= {str(row["id"]): row for row in waiting.values(*JOB)}
    return found


JOB = ("id", "room", "tenant_id", "actor", "queue", "arguments", "available_at")


def _of_platform(tenant: Tenant, ref: TenantRef) -> dict[str, Any]:
    with use_platform():
        last = StripeEvent.objects.filter(tenant_id=ref.id).aggregate(last=Max("received_at"))["last"]
    return {
        "format": FORMAT,
        "version": VERSION,
        "tenant": {"id": ref.id, "schema_name": ref.schema_name} | {name: getattr(tenant, name) for name in SETTINGS},
        "keys": fingerprints_of(ref)[: 1 if tenant.key.all_sealed_at else None],
        "last_stripe_event_at": last,
        "jobs": jobs_of(ref.id),
    }


@contextmanager
def _moment_of(tenant: TenantRef) -> Iterator[psycopg.Connection[Any]]:
    """Look at a room as its owner, at one moment, on a connection of its own."""
    own = this_connection().copy()
    own.set_tenant(Owner(tenant.schema_name, CELL))
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield own.connection
        own.connection.rollback()
    except BaseException:
        own.connection.close()
        raise
    finally:
        own.close()


def _ask(connection: psycopg.Connection[Any], statement: Any, *values: Any) -> list[Any]:
    return connection.execute(statement, values or None).fetchall()


def _jobs_in(connection: psycopg.Connection[Any], tenant: TenantRef) -> Iterator[dict[str, Any]]:
    """Return the jobs that wait beside the room: those of the same moment."""
    statement = sql.SQL(
        "SELECT {} FROM public.jobs_outboxmessage WHERE tenant_id = %s AND done_at IS NULL AND dead_at IS NULL"
    ).format(sql.SQL(", ").join(map(sql.Identifier, JOB)))
    for row in _ask(connection, statement, tenant.id):
        yield dict(zip(JOB, row, strict=True))


def _copy_out(archive: ArchiveWriter, connection: psycopg.Connection[Any], table: Table) -> int:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with archive.entry(f"rows/{table.name}") as entry, connection.cursor() as cursor:
        with cursor.copy(statement) as rows:
            for chunk in rows:
                entry.write(bytes(chunk))
        return max(cursor.rowcount, 0)


def _put_files_in(
    archive: ArchiveWriter, connection: psycopg.Connection[Any], tenant: TenantRef, *, with_files: bool
) -> Iterator[dict[str, Any]]:
    listed = _ask(connection, "SELECT key, size, digest FROM filestore_storedfile ORDER BY key")
    with use(tenant):
        for key, size, digest in listed:
            is_in = with_files and default_storage.exists(key)
            if is_in:
                with default_storage.open(key) as content, archive.entry(f"files/{key}") as entry:
                    for chunk in content.chunks(CHUNK):
                        entry.write(chunk)
            yield {"key": key, "size": size, "digest": digest, "is_in": is_in}
