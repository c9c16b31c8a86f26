"""Who may touch which table. Applied after every migration, so that new tables are neither forgotten nor open."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from psycopg import sql

from tenancy.places import PUBLIC, use_owner

# Tables of the platform that a tenant's role may read or write, and how. `jobs_outboxmessage` is further limited by a
# row policy: a tenant meets only its own rows.
TENANTS_MAY = {
    "django_content_type": "SELECT",
    "auth_permission": "SELECT",
    "jobs_outboxmessage": "SELECT, INSERT, UPDATE",
}
# Tables in a tenant's own schema that only functions of the database write: the chain of its audit log.
READ_ONLY = ("audit_auditlink", "audit_auditwaiting")


def grant_platform() -> None:
    """Give the platform's role its tables in `public`, and the tenants' role the few it needs where tenants are."""
    with use_owner(), connection.cursor() as cursor:
        _grant_schema(cursor, PUBLIC, settings.DATABASE_PLATFORM_ROLE)
    with use_owner(in_cell=True), connection.cursor() as cursor:
        _grant_schema(cursor, PUBLIC, settings.DATABASE_PLATFORM_ROLE)
        tenants = sql.Identifier(settings.DATABASE_TENANTS_ROLE)
        cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(tenants))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(tenants))
        for table, rights in TENANTS_MAY.items():
            statement = sql.SQL("GRANT {} ON public.{} TO {}")
            cursor.execute(statement.format(sql.SQL(rights), sql.Identifier(table), tenants))


def make_tenant_role(schema_name: str) -> None:
    """Create the role that the tenant's requests run under. Call as the owner."""
    role = sql.Identifier(schema_name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [schema_name])
        if cursor.fetchone():
            return
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE").format(role))
        tenants = sql.Identifier(settings.DATABASE_TENANTS_ROLE)
        cursor.execute(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET FALSE").format(tenants, role))


def grant_tenant(schema_name: str) -> None:
    """Give the tenant's role everything in its schema, less what is append-only. Call as the owner."""
    with connection.cursor() as cursor:
        _grant_schema(cursor, schema_name, schema_name)


def _grant_schema(cursor: object, schema_name: str, role_name: str) -> None:
    schema, role = sql.Identifier(schema_name), sql.Identifier(role_name)
    run = cursor.execute  # type: ignore[attr-defined]
    run(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    run(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}").format(schema, role))
    run(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, role))
    run(APPEND_ONLY_TABLES, [schema_name])
    for (table,) in cursor.fetchall():  # type: ignore[attr-defined]
        run(sql.SQL("REVOKE UPDATE, DELETE ON {}.{} FROM {}").format(schema, sql.Identifier(table), role))
    run("SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)", [schema_name, list(READ_ONLY)])
    for (table,) in cursor.fetchall():  # type: ignore[attr-defined]
        run(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {}.{} FROM {}").format(schema, sql.Identifier(table), role))


APPEND_ONLY_TABLES = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgname = 'append_only' AND n.nspname = %s
"""
