"""The migrations of tenants' schemas: which there are, which a schema lacks, and which of those this code needs.

A schema's level is the set of migrations that it has. A migration may say `may_wait = True`: this release serves a
tenant that lacks it (decision 0015).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader


def labels() -> list[str]:
    """Return the labels of the apps whose tables every tenant has."""
    return sorted(app.label for app in apps.get_app_configs() if app.name in settings.TENANT_APPS)


@cache
def on_disk() -> dict[str, Migration]:
    """Return this code's migrations of those apps, by names such as `crm.0001_initial`."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    ours = set(labels())
    return {f"{app}.{name}": each for (app, name), each in loader.disk_migrations.items() if app in ours}


def digest(level: Iterable[str]) -> str:
    """Return the name of a set of migrations. `readings.DIGEST` says the same in SQL."""
    return hashlib.sha256(" ".join(sorted(set(level))).encode()).hexdigest()


def lacking(level: Iterable[str]) -> frozenset[str]:
    """Return the migrations of this code that a schema of this level has not got. One that replaces others counts as
    had once all of those are."""
    had = frozenset(level)
    return frozenset(name for name, migration in on_disk().items() if name not in had and not _replaced(migration, had))


def is_served(level: Iterable[str]) -> bool:
    """Test whether this code works with a schema of this level."""
    return all(may_wait(name) for name in lacking(level))


def may_wait(name: str) -> bool:
    return bool(getattr(on_disk()[name], "may_wait", False))


def _replaced(migration: Migration, had: frozenset[str]) -> bool:
    return bool(migration.replaces) and all(f"{app}.{name}" in had for app, name in migration.replaces)
