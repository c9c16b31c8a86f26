"""Who has what: every tenant's level, read from its schema and noted on the platform."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from tenancy import catalog, use_owner, use_platform
from tenants import levels, readings
from tenants.blueprint import TEMPLATE
from tenants.models import BUILT, Level, SpareSchema, Tenant, TenantState

# What a restore kept of a tenant's schema has a second underscore in its name.
OURS = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[^_]+$' ORDER BY nspname"


class Room(NamedTuple):
    """A tenant's schema. `level` is None where there is no schema, or one without a list of its migrations."""

    tenant_id: UUID
    schema_name: str
    state: str
    level: str | None


def survey() -> list[Room]:
    """Read the level of every tenant that has, or should have, a schema; the youngest tenants first."""
    rows = _rows()
    found = readings.digests_of([schema_name for _, schema_name, _, _ in rows])
    changes: dict[tuple[str | None, str | None], list[UUID]] = defaultdict(list)
    for tenant_id, schema_name, _, noted in rows:
        if found.get(schema_name) != noted:
            changes[noted, found.get(schema_name)].append(tenant_id)
    _meet(found)
    _note(changes)
    return [Room(tenant_id, schema_name, state, found.get(schema_name)) for tenant_id, schema_name, state, _ in rows]


class Behind(NamedTuple):
    """A tenant that lacks something this code has. `is_served` if the code does without it meanwhile."""

    schema_name: str
    lacking: list[str]
    is_served: bool
    failed_at: datetime | None
    reason: str


def behind() -> list[Behind]:
    """Return the tenants that are behind, as their schemas say at this moment."""
    with_schema = [room.tenant_id for room in survey() if room.level or room.state in BUILT]
    with use_platform():
        tenants = Tenant.objects.filter(pk__in=with_schema).select_related("level").order_by("schema_name")
        return [each for each in map(_behind, tenants) if each.lacking]


def _behind(tenant: Tenant) -> Behind:
    has = tenant.level.migrations if tenant.level else []
    is_served = Level.is_served(tenant.level_id)
    return Behind(
        tenant.schema_name,
        sorted(levels.lacking(has)),
        is_served,
        tenant.migration_failed_at,
        tenant.migration_error,
    )


def strays() -> list[str]:
    """Return the schemas that look like a tenant's and belong to nobody. They are only told of, never dropped."""
    with use_owner(TEMPLATE), connection.cursor() as cursor:
        cursor.execute(OURS)
        there = [name for (name,) in cursor.fetchall()]
    with use_platform():
        known = set(Tenant.objects.values_list("schema_name", flat=True))
        known |= set(SpareSchema.objects.values_list("schema_name", flat=True))
    return [name for name in there if name not in known]


def _rows() -> list[tuple[UUID, str, str, str | None]]:
    with use_platform():
        opened = Tenant.objects.exclude(state=TenantState.PENDING).order_by("-created_at", "pk")
        return list(opened.values_list("pk", "schema_name", "state", "level"))


def _meet(found: dict[str, str]) -> None:
    """Write down the levels that nobody has met before."""
    with use_platform():
        known = set(Level.objects.filter(pk__in=set(found.values())).values_list("pk", flat=True))
    strangers = {digest: schema_name for schema_name, digest in found.items() if digest not in known}
    for schema_name in strangers.values():
        level = readings.level_of(schema_name)
        with use_platform():
            Level.of(level)


def _note(changes: dict[tuple[str | None, str | None], list[UUID]]) -> None:
    with use_platform():
        for (noted, found), tenant_ids in changes.items():
            # Where something else is noted by now, somebody has just opened or migrated it.
            Tenant.objects.filter(pk__in=tenant_ids, level=noted).update(level=found)
        if changes:
            catalog.changed()
