"""The structure of a tenant's schema, kept as DDL.

Django's migrations take ten seconds for a schema; replaying the DDL of one that has been migrated takes a third of a
second, whatever the number of tenants. `clone_schema` is neither faithful nor flat (research: tenancy §1.3).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from tenancy import use_owner, use_platform
from tenancy.grants import grant_tenant, make_tenant_role
from tenants.models import Blueprint

TEMPLATE = "atrium_template_schema_6f0c"  # unlike any word in a comment, since its name is replaced in the dump
NOISE = re.compile(r"^(--|\\|SET |SELECT pg_catalog\.set_config\('search_path'|CREATE SCHEMA )")


class NoBlueprint(RuntimeError):
    """No tenant can be opened before `manage.py migrate` has run."""


def draw() -> Blueprint:
    """Bring the template schema up to date and keep its DDL. Run at every release."""
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(TEMPLATE)))
    with use_owner(TEMPLATE):
        call_command("migrate", schema=TEMPLATE, verbosity=0)
        ddl = _dump()
    digest = hashlib.sha256(ddl.encode()).hexdigest()
    with use_platform():
        blueprint, _ = Blueprint.objects.get_or_create(digest=digest, defaults={"ddl": ddl})
    return blueprint


def latest() -> Blueprint:
    with use_platform():
        blueprint = Blueprint.objects.order_by("-pk").first()
    if blueprint is None:
        raise NoBlueprint("Run `manage.py migrate` first: there is no blueprint to open a tenant from.")
    return blueprint


def build(schema_name: str, blueprint: Blueprint) -> None:
    """Make the schema, its role and its rights, all in one transaction. A second call finds it made."""
    with use_owner(in_cell=True), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
        if cursor.fetchone():
            return
        make_tenant_role(schema_name)
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute("SET LOCAL check_function_bodies = off")
        cursor.execute(re.sub(rf"\b{TEMPLATE}\b", schema_name, blueprint.ddl))
        cursor.execute(
            sql.SQL(
                "INSERT INTO {}.django_migrations (app, name, applied)"
                " SELECT app, name, applied FROM {}.django_migrations ORDER BY id"
            ).format(sql.Identifier(schema_name), sql.Identifier(TEMPLATE))
        )
        grant_tenant(schema_name)


def _dump() -> str:
    done = subprocess.run(
        [_pg_dump(), "--schema-only", "--no-owner", "--no-privileges", f"--schema={TEMPLATE}", _conninfo()],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pg_dump failed: {done.stderr}")
    return "\n".join(line for line in done.stdout.splitlines() if line and not NOISE.match(line)) + "\n"


def _pg_dump() -> str:
    found = settings.PG_DUMP or shutil.which("pg_dump")
    if not found:
        raise RuntimeError("pg_dump is needed to draw the blueprint of a tenant; set PG_DUMP to its path.")
    return str(found)


def _conninfo() -> str:
    from psycopg.conninfo import make_conninfo

    database = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{key: str(database[name]) for key, name in names.items() if database[name]})
