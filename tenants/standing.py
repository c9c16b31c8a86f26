"""Suspend a tenant, and let it go on. Its data stays as it is; only its doors and jobs rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from tenancy import catalog, use, use_platform
from tenants.models import Tenant, TenantState


class NotActive(Conflict):
    """Only a tenant that is open can be suspended."""

    code = "tenant-not-active"


class NotSuspended(Conflict):
    """Only a tenant that is suspended can be resumed."""

    code = "tenant-not-suspended"


def suspend_tenant(*, tenant: Tenant, by: Any, reason: str, at: datetime) -> None:
    """Close the doors of a tenant everywhere at once, and note who did so and why in its own log.

    Raises `NotActive`. Call outside of a transaction: the state is the platform's, the log is the tenant's.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.ACTIVE:
            raise NotActive(_("This tenant is not open, so it cannot be suspended."))
        _change(locked, TenantState.SUSPENDED, reason=reason, at=at)
    _record("suspended", tenant, by, {"state": (TenantState.ACTIVE, TenantState.SUSPENDED), "reason": (None, reason)})


def resume_tenant(*, tenant: Tenant, by: Any, at: datetime) -> None:
    """Open the doors of a suspended tenant again; its jobs go on where they rested. Raises `NotSuspended`.

    Call outside of a transaction, like `suspend_tenant`.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.SUSPENDED:
            raise NotSuspended(_("This tenant is not suspended."))
        rested = at - locked.suspended_at if locked.suspended_at else None
        _change(locked, TenantState.ACTIVE, reason="", at=None)
    changes = {"state": (TenantState.SUSPENDED, TenantState.ACTIVE), "suspended_for": (None, str(rested))}
    _record("resumed", tenant, by, changes)


def _change(tenant: Tenant, state: TenantState, *, reason: str, at: datetime | None) -> None:
    tenant.state, tenant.suspension_reason, tenant.suspended_at = state, reason, at
    tenant.save(update_fields=["state", "suspension_reason", "suspended_at"])
    catalog.changed()


def _record(what: str, tenant: Tenant, by: Any, changes: Mapping[str, tuple[Any, Any]]) -> None:
    with use(tenant.ref()), transaction.atomic():
        audit.record(action=f"tenants.workspace.{what}", of=tenant, by=by, changes=changes)
