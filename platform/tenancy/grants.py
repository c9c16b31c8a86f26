"""Who may touch which table. Applied after every migration, so that new tables are neither forgotten nor open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

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
READ_ONLY = ("audit_auditlink", "audit_auditredaction", "audit_auditwaiting")
HISTORY = "_history"  # ends the name of each table that keeps former states; a trigger writes there, and nobody else

EVERYTHING = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
TO_ADD_ONLY = frozenset({"SELECT", "INSERT"})
TO_READ_ONLY = frozenset({"SELECT"})
TO_COUNT = frozenset({"USAGE"})


class Relation(NamedTuple):
    """A table, view or sequence, and what a role holds of it."""

    name: str
    is_sequence: bool
    is_append_only: bool
    is_derived: bool  # written by other tables' triggers
    held: frozenset[str]

    @property
    def due(self) -> frozenset[str]:
        if self.is_sequence:
            return TO_COUNT
        if self.is_derived or self.name in READ_ONLY or self.name.endswith(HISTORY):
            return TO_READ_ONLY
        return TO_ADD_ONLY if self.is_append_only else EVERYTHING


def grant_platform() -> None:
    """Give the platform's role its tables in `public`, and the tenants' role the few it needs where tenants are."""
    with use_owner(), connection.cursor() as cursor:
        _run(cursor, grants_in(PUBLIC, role=settings.DATABASE_PLATFORM_ROLE))
    with use_owner(in_cell=True), connection.cursor() as cursor:
        _run(cursor, grants_in(PUBLIC, role=settings.DATABASE_PLATFORM_ROLE))
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
    """Give the tenant's role what it lacks in its schema, and take what it should not hold. Call as the owner."""
    with connection.cursor() as cursor:
        _run(cursor, grants_in(schema_name, role=schema_name))


def grants_in(schema_name: str, *, role: str) -> list[sql.Composed]:
    """Return the statements that give a role all of a schema, less what is append-only. Call as the owner.

    Those that the role has already are left out. The role need not exist yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS, {"schema": schema_name, "role": role})
        rows = cursor.fetchall()
    relations = [
        Relation(name, is_sequence, is_ledger, is_derived, frozenset(held))
        for name, is_sequence, is_ledger, is_derived, held in rows
    ]
    usage = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema_name), sql.Identifier(role))
    return [usage, *_differences(schema_name, role, relations)]


def _differences(schema_name: str, role: str, relations: Iterable[Relation]) -> Iterator[sql.Composed]:
    """Return a statement for each kind of difference, naming every relation that has it."""
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for relation in relations:
        kind = "SEQUENCE" if relation.is_sequence else "TABLE"
        if missing := relation.due - relation.held:
            groups["GRANT", "TO", kind, tuple(sorted(missing))].append(relation.name)
        if surplus := relation.held - relation.due:
            groups["REVOKE", "FROM", kind, tuple(sorted(surplus))].append(relation.name)
    for (verb, towards, kind, rights), names in sorted(groups.items()):
        yield sql.SQL("{} {} ON {} {} {} {}").format(
            sql.SQL(verb),
            sql.SQL(", ").join(map(sql.SQL, rights)),
            sql.SQL(kind),
            sql.SQL(", ").join(sql.Identifier(schema_name, name) for name in sorted(names)),
            sql.SQL(towards),
            sql.Identifier(role),
        )


def _run(cursor: Any, statements: Iterable[sql.Composed]) -> None:
    for statement in statements:
        cursor.execute(statement)


# By way of what depends on the schema: pg_class has no index on the schema alone, so that asking it, or granting on ALL
# TABLES IN SCHEMA, reads the tables of every tenant there is.
RELATIONS = """
SELECT c.relname, c.relkind = 'S',
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only'),
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'written_by_triggers'),
       ARRAY(SELECT a.privilege_type FROM aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
             WHERE r.rolname = %(role)s)
FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refclassid = 'pg_namespace'::regclass AND d.classid = 'pg_class'::regclass
  AND d.refobjid = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
"""
