"""The structure of a tenant's schema, kept as DDL: tables, rights and the names of its migrations.

Django's migrations take ten seconds for a schema; replaying the DDL of one that has been migrated takes a tenth of a
second, whatever the number of tenants. `clone_schema` is neither faithful nor flat (research: tenancy §1.3).
"""

from __future__ import annotations

import hashlib
import re

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.functions import Now
from psycopg import sql

from tenancy import use_owner, use_platform
from tenancy.grants import grants_in, make_tenant_role
from tenants import readings
from tenants.dumps import structure_of
from tenants.models import Blueprint, Level

TEMPLATE = "atrium_template_schema_6f0c"  # unlike any word in a comment, since its name is replaced in the dump


class NoBlueprint(RuntimeError):
    """No tenant can be opened before `manage.py migrate` has run."""


def draw() -> Blueprint:
    """Bring the template schema up to date and keep its DDL. Run at every release."""
    with use_owner(TEMPLATE), connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(TEMPLATE)))
    with use_owner(TEMPLATE):
        call_command("migrate", schema=TEMPLATE, verbosity=0)
        ddl = "\n".join([structure_of(TEMPLATE), *_grants(), _names_of_migrations()])
        level = readings.level_of(TEMPLATE)
    digest = hashlib.sha256(ddl.encode()).hexdigest()
    with use_platform(), transaction.atomic():
        drawn = {"level": Level.of(level), "drawn_at": Now()}
        blueprint, _ = Blueprint.objects.update_or_create(
            digest=digest, defaults=drawn, create_defaults={"ddl": ddl, **drawn}
        )
    return blueprint


def latest() -> Blueprint:
    """Return the blueprint that was drawn last. Raises `NoBlueprint`."""
    with use_platform():
        blueprint = Blueprint.objects.exclude(level=None).order_by("-drawn_at", "-pk").first()
    if blueprint is None:
        raise NoBlueprint("Run `manage.py migrate` first: there is no blueprint to open a tenant from.")
    return blueprint


def build(schema_name: str, blueprint: Blueprint) -> None:
    """Make the schema, its role and its rights, all in one transaction. A second call finds it made."""
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
        if cursor.fetchone():
            return
        make_tenant_role(schema_name)
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute("SET LOCAL check_function_bodies = off")
        cursor.execute(re.sub(rf"\b{TEMPLATE}\b", schema_name, blueprint.ddl))
        # Back to where the connection believes to be, should this be part of a longer transaction.
        cursor.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(schema_name)))


def demolish(schema_name: str) -> None:
    """Drop the schema with all that is in it, and its role. What is gone already is no error."""
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema_name)))
        cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(schema_name)))


def _grants() -> list[str]:
    return [f"{statement.as_string()};" for statement in grants_in(TEMPLATE, role=TEMPLATE)]


def _names_of_migrations() -> str:
    """Return the statement that tells a new schema which migrations it was born with, the platform's included: to
    Django, a tenant's migrations depend on them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'INSERT INTO ' || %s || '.django_migrations (app, name, applied) VALUES '"
            " || string_agg(format('(%%L, %%L, now())', app, name), ', ' ORDER BY app, name) || ';'"
            " FROM (SELECT DISTINCT app, name FROM django_migrations) AS had",
            [TEMPLATE],
        )
        return str(cursor.fetchone()[0])
