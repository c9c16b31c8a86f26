"""Bring every tenant's schema to this release. One that fails is reported and does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.management import call_command
from django.db import DatabaseError, connection
from psycopg import sql

from tenancy import use_owner, use_platform
from tenancy.grants import grant_tenant
from tenants.blueprint import TEMPLATE
from tenants.models import Tenant

LOCK_TIMEOUT = "5s"  # rather fail and be run again than make a practice wait behind us


@dataclass
class Report:
    migrated: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def migrate_tenants(*, log: Callable[[str], object] | None = None) -> Report:
    """Migrate each tenant that lacks something the template has. Safe to repeat and to break off."""
    report = Report()
    wanted = applied_in(TEMPLATE)
    with use_platform():
        schemas = list(Tenant.objects.visited().values_list("schema_name", flat=True))
    for schema_name in schemas:
        if applied_in(schema_name) >= wanted:
            report.current.append(schema_name)
            continue
        try:
            _migrate(schema_name)
        except DatabaseError as error:
            report.failed.append(schema_name)
            if log:
                log(f"{schema_name}: {error}")
        else:
            report.migrated.append(schema_name)
    return report


def applied_in(schema_name: str) -> frozenset[tuple[str, str]]:
    """Return the migrations that a schema has, by one small query."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT app, name FROM {}.django_migrations").format(sql.Identifier(schema_name)))
        return frozenset(cursor.fetchall())


def _migrate(schema_name: str) -> None:
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
        try:
            call_command("migrate", schema=schema_name, verbosity=0)
            grant_tenant(schema_name)
        finally:
            cursor.execute("RESET lock_timeout")
