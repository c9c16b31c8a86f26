"""Suspend a tenant, and let it go on. Its data stays as it is; only its doors and jobs rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from tenancy import catalog, use_platform
from tenants.console import platform_log
from tenants.models import Tenant, TenantState


class NotActive(Conflict):
    """Only a tenant that is open can be suspended."""

    code = "tenant-not-active"


class NotSuspended(Conflict):
    """Only a tenant that is suspended can be resumed."""

    code = "tenant-not-suspended"


def suspend_tenant(*, tenant: Tenant, by: Any, reason: str, at: datetime) -> None:
    """Close the doors of a tenant everywhere at once, and note who did so and why, in its own log too.

    Raises `NotActive`. Call outside of a transaction: the state is the platform's, the log is the tenant's.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.ACTIVE:
            raise NotActive(_("This tenant is not open, so it cannot be suspended."))
        _change(locked, TenantState.SUSPENDED, reason=reason, at=at)
        platform_log.note(action="tenant.suspended", by=by, tenant_id=tenant.pk, reason=reason)
    changes = {"state": (TenantState.ACTIVE, TenantState.SUSPENDED), "reason": (None, reason)}
    platform_log.tell_tenant(action="tenants.workspace.suspended", tenant=tenant, by=by, changes=changes)


def resume_tenant(*, tenant: Tenant, by: Any, reason: str = "", at: datetime) -> None:
    """Open the doors of a suspended tenant again; its jobs go on where they rested. Raises `NotSuspended`.

    Call outside of a transaction, like `suspend_tenant`.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.SUSPENDED:
            raise NotSuspended(_("This tenant is not suspended."))
        rested = str(at - locked.suspended_at) if locked.suspended_at else None
        _change(locked, TenantState.ACTIVE, reason="", at=None)
        details = {"suspended_for": rested}
        platform_log.note(action="tenant.resumed", by=by, tenant_id=tenant.pk, reason=reason, details=details)
    changes = {"state": (TenantState.SUSPENDED, TenantState.ACTIVE), "suspended_for": (None, rested)}
    platform_log.tell_tenant(action="tenants.workspace.resumed", tenant=tenant, by=by, changes=changes)


def _change(tenant: Tenant, state: TenantState, *, reason: str, at: datetime | None) -> None:
    tenant.state, tenant.suspension_reason, tenant.suspended_at = state, reason, at
    tenant.save(update_fields=["state", "suspension_reason", "suspended_at"])
    catalog.changed()
