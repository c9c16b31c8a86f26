"""What operators do, written down twice: in the platform's own log, and in the log of the tenant it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import recording as audit
from tenancy import use
from tenants.console.models import PlatformEntry
from tenants.models import Tenant

Changes = Mapping[str, tuple[Any, Any]]


def note(
    *,
    action: str,
    by: Any,
    tenant_id: UUID | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> PlatformEntry:
    """Add a line to the platform's log. Call on the platform, in the transaction of what is noted.

    `by` is a user, or None for the platform itself. Only operators are named; people of a tenant are in its own log.
    """
    is_operator = by is not None and by.is_operator
    return PlatformEntry.objects.create(
        action=action,
        operator_id=by.pk if is_operator else None,
        who=str(by) if is_operator else "",
        tenant_id=tenant_id,
        reason=reason,
        details=dict(details or {}),
    )


def tell_tenant(*, action: str, tenant: Tenant, by: Any, changes: Changes) -> None:
    """Add the same to the tenant's own log, which its owner reads. Call outside of a transaction."""
    with use(tenant.ref()), transaction.atomic():
        audit.record(action=action, of=tenant, by=by, changes=changes)


def entries(*, tenant_id: UUID | None = None) -> QuerySet[PlatformEntry]:
    """Return the log, newest first; what concerns one tenant if one is named."""
    rows = PlatformEntry.objects.order_by("-at", "-pk")
    return rows.filter(tenant_id=tenant_id) if tenant_id else rows


def matching(rows: QuerySet[PlatformEntry], text: str) -> QuerySet[PlatformEntry]:
    """Narrow the log to lines with this in who did it, why, or what was done."""
    return rows.filter(Q(who__icontains=text) | Q(reason__icontains=text) | Q(action__icontains=text))
