"""Which tables are made where."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django_tenants.routers import TenantSyncRouter

from tenancy.databases import CELL, is_split
from tenancy.places import PUBLIC, this_connection


class RoomRouter(TenantSyncRouter):
    """Puts the platform's tables into the platform's `public`, and a tenant's into each tenant's schema.

    Where tenants have a database of their own, its `public` gets what they cannot do without (`CELL_APPS`).
    """

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        room = this_connection()
        if not is_split() or room.schema_name != PUBLIC or room.tenant.place.database != CELL:
            return super().allow_migrate(db, app_label, model_name, **hints)
        if model_name and f"{app_label}.{model_name}".lower() in PLATFORM_ONLY:
            return False
        return None if apps.get_app_config(app_label).name in settings.CELL_APPS else False


PLATFORM_ONLY = {"auth.group", "jobs.dueschedule"}  # of apps whose other tables tenants need
