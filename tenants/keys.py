"""Each tenant's own key: made once, wrapped anew when the deployment's key changes, destroyed with the tenant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from privacy import keys
from tenancy import catalog, use_platform
from tenants.models import TenantKey


def give_key(*, tenant_id: UUID, at: datetime, is_new: bool) -> None:
    """Make a tenant's key. One that has a key keeps it. A new tenant has no texts that were not sealed."""
    with use_platform(), transaction.atomic():
        if not TenantKey.objects.filter(pk=tenant_id).exists():
            key = TenantKey(pk=tenant_id, wrapped=keys.new_key(tenant_id), made_at=at)
            key.all_sealed_at = at if is_new else None
            TenantKey.objects.bulk_create([key], ignore_conflicts=True)
            catalog.changed()


def rewrap_keys() -> int:
    """Wrap every tenant's key with the first of the deployment's keys. Return how many were not.

    Nothing that is sealed changes. Safe to repeat and to break off.
    """
    with use_platform():
        stale = [key.pk for key in TenantKey.objects.all() if not keys.is_current(key.wrapped)]
    for tenant_id in stale:
        _rewrap(tenant_id)
    return len(stale)


def _rewrap(tenant_id: UUID) -> None:
    with use_platform(), transaction.atomic():
        key = TenantKey.objects.select_for_update().get(pk=tenant_id)
        key.wrapped = keys.rewrap(key.wrapped, tenant_id)
        key.save(update_fields=["wrapped"])
        catalog.changed()


def destroy_key(*, tenant_id: UUID) -> bool:
    """Destroy a tenant's key: what was sealed with it opens nowhere any more. False if that was done before."""
    with use_platform(), transaction.atomic():
        destroyed, _ = TenantKey.objects.filter(pk=tenant_id).delete()
        catalog.changed()
    return bool(destroyed)
