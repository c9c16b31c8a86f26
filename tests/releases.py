"""A release that brings migrations which this one has not got, for one app of every tenant's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from identity.models import User
from tenancy import use_owner, use_platform
from tenancy.grants import grant_tenant, make_tenant_role
from tenants import levels, models
from tenants.blueprint import TEMPLATE
from tenants.models import Domain, Level, Tenant, TenantState

APP = "filestore"
TABLE = "filestore_storedfile"
NAMES = count()

HEAD = """
from django.db import migrations, models
from django.db.migrations.operations import *

class Migration(migrations.Migration):
    dependencies = [("{app}", "{before}")]
"""


@contextmanager
def release(settings: Any, folder: Path, **bodies: str) -> Iterator[None]:
    """Add migrations to the app, each named like its argument; what is given is the body of the class."""
    package = folder / f"ahead_{next(NAMES)}"
    package.mkdir()
    (package / "__init__.py").touch()
    before = _keep_the_real_ones(package)
    for name, body in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (package / f"{name}.py").write_text(HEAD.format(app=APP, before=before) + lines)
        before = name
    usual = settings.MIGRATION_MODULES
    sys.path.insert(0, str(folder))
    settings.MIGRATION_MODULES = {**usual, APP: package.name}
    forget_levels()
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = usual
        sys.path.remove(str(folder))
        forget_levels()


def forget_levels() -> None:
    """Have this process look again which migrations there are, as a new one would."""
    levels.on_disk.cache_clear()
    models._served.clear()


def _keep_the_real_ones(package: Path) -> str:
    """Return the name of the last one."""
    real = f"{APP}.migrations"
    names = sorted(module.name for module in iter_modules(import_module(real).__path__))
    for name in names:
        text = f"from importlib import import_module\nMigration = import_module('{real}.{name}').Migration\n"
        (package / f"{name}.py").write_text(text)
    return names[-1]


def tiny_tenants(count: int, *, state: str = TenantState.ACTIVE) -> list[Tenant]:
    """Make tenants whose schemas have this app's table and the list of migrations only: a hundredth of the work."""
    with use_platform():
        owner = User.objects.get(email="ana@clinic.example")
        level = Level.objects.get()
        tenants = [_tenant(f"tiny-{number}", owner, level, state) for number in range(count)]
    for tenant in tenants:
        _build_tiny(tenant.schema_name)
    return tenants


def _tenant(name: str, owner: User, level: Level, state: str) -> Tenant:
    made = Tenant.objects.create(
        name=name, vertical="clinic", state=state, owner=owner, level=level, created_at=timezone.now(),
        time_zone="Europe/London", currency="GBP", language="en-gb",
    )  # fmt: skip
    Domain.objects.create(domain=name, tenant=made, look=name)
    return made


def _build_tiny(schema_name: str) -> None:
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        make_tenant_role(schema_name)
        cursor.execute(f'CREATE SCHEMA "{schema_name}"')
        for table in ("django_migrations", TABLE):
            cursor.execute(f'CREATE TABLE "{table}" (LIKE "{TEMPLATE}"."{table}" INCLUDING ALL)')
        had = sql.Identifier(TEMPLATE, "django_migrations")
        cursor.execute(sql.SQL("INSERT INTO django_migrations SELECT * FROM {}").format(had))
        cursor.execute("ALTER TABLE django_migrations ALTER COLUMN id RESTART WITH 1000")
        grant_tenant(schema_name)
