"""Exports that operators ask for. The file is the owner's: it holds what operators may not read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from access.models import Member, Role
from kernel.errors import Conflict
from notify.sending import send
from tenancy import use, use_platform
from tenants.console import platform_log
from tenants.life import exporting
from tenants.life.models import Export
from tenants.models import Tenant, TenantState


class NotExportable(Conflict):
    """The jobs of a tenant that is not open rest, and an export is one of them."""

    code = "tenant-not-exportable"


def request_export(*, tenant: Tenant, by: Any, reason: str, at: datetime) -> None:
    """Have everything of a tenant put into one file for its owners, who are told.

    Raises `NotExportable` or `ExportUnderWay`.

    Call outside of a transaction: the file is made in the tenant's room, the log is the platform's.
    """
    if tenant.state != TenantState.ACTIVE:
        raise NotExportable(_("This tenant is not open, and its jobs rest. Export it when it is open again."))
    export = exporting.request_export(tenant=tenant.ref(), by=by, at=at)
    _tell_owners(tenant, export, by=by, reason=reason, at=at)
    with use_platform(), transaction.atomic():
        platform_log.note(action="tenant.export", by=by, tenant_id=tenant.pk, reason=reason)
    changes = {"reason": (None, reason)}
    platform_log.tell_tenant(action="tenants.workspace.export_asked", tenant=tenant, by=by, changes=changes)


def _tell_owners(tenant: Tenant, export: Export, *, by: Any, reason: str, at: datetime) -> None:
    with use(tenant.ref()), transaction.atomic():
        for owner in Member.objects.current().filter(role=Role.OWNER):
            send(
                cause=f"tenants.export_asked:{export.pk}:{owner.pk}",
                composer="tenants.console.messages.compose_export_asked",
                about={"who": str(by), "reason": reason, "member_id": str(owner.pk)},
                at=at,
            )


def last_export(tenant: Tenant) -> Export | None:
    """Return how far the newest export of a tenant is; None if its room is broken, which its health tells of."""
    try:
        with use(tenant.ref()), transaction.atomic():
            return Export.objects.newest_first().first()
    except DatabaseError:
        return None
