"""Keep what tenants need beside them, where they have a database of their own: a few tables, and two tables' rows."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from tenancy.databases import is_split
from tenancy.executor import RoomExecutor
from tenancy.places import use_owner


def bring_up_to_date() -> None:
    """Migrate the cell's `public` and copy content types and permissions into it. Nothing to do with one database."""
    if is_split():
        _migrate()
        _copy_kinds_and_rights()


def _migrate() -> None:
    """Migrate without Django's command, whose signals would have the cell number its content types by itself."""
    with use_owner(in_cell=True):
        executor = RoomExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())


def _copy_kinds_and_rights() -> None:
    """Give content types and permissions the numbers that they have on the platform: processes remember them."""
    with use_owner():
        kinds, rights = list(ContentType.objects.all()), list(Permission.objects.all())
    with use_owner(in_cell=True), transaction.atomic():
        # As the owner of a cell without groups: Django's own delete would look for them.
        Permission.objects.exclude(pk__in=[each.pk for each in rights])._raw_delete(connection.alias)
        ContentType.objects.exclude(pk__in=[each.pk for each in kinds])._raw_delete(connection.alias)
        ContentType.objects.bulk_create(
            kinds, update_conflicts=True, unique_fields=["id"], update_fields=["app_label", "model"]
        )
        Permission.objects.bulk_create(
            rights, update_conflicts=True, unique_fields=["id"], update_fields=["content_type", "codename", "name"]
        )
