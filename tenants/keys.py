"""Each tenant's own key: made once, wrapped anew when the deployment's key changes, destroyed with the tenant."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from privacy import keys
from tenancy import catalog, use_platform
from tenants.models import TenantKey

KNOWN_AFTER = timedelta(minutes=10)  # a request or a job that began before a key was there does not know it


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


def renew_key(*, tenant_id: UUID, at: datetime) -> bool:
    """Give a tenant a new key. False if one is on its way.

    It opens at once and seals once every process knows of it: the clock sees to that (`promote_keys`), and then seals
    everything anew (`tenants.life.sealing`). Nobody waits for any of it.
    """
    with use_platform(), transaction.atomic():
        key = TenantKey.objects.select_for_update().get(pk=tenant_id)
        if key.next_since:
            return False
        key.wrapped, key.next_since = keys.with_next(key.wrapped, tenant_id), at
        key.save(update_fields=["wrapped", "next_since"])
        catalog.changed()
    return True


def promote_keys(*, at: datetime) -> int:
    """Have those new keys seal that every process knows of by now. Return how many."""
    with use_platform(), transaction.atomic():
        rows = list(TenantKey.objects.select_for_update().filter(next_since__lte=at - KNOWN_AFTER))
        for key in rows:
            key.wrapped, key.next_since = keys.promoted(key.wrapped), None
            key.sealing_since, key.all_sealed_at = at, None
            key.save(update_fields=["wrapped", "next_since", "sealing_since", "all_sealed_at"])
        catalog.changed()
    return len(rows)


def seal_anew(*, tenant_id: UUID) -> None:
    """Have the clock look again whether everything is sealed with the newest key: texts from before came back."""
    TenantKey.objects.filter(pk=tenant_id).update(all_sealed_at=None)


def drop_older_keys(*, tenant_id: UUID) -> None:
    """Keep only the key that seals. What the others sealed opens nowhere any more, in no backup either."""
    with use_platform(), transaction.atomic():
        key = TenantKey.objects.select_for_update().get(pk=tenant_id)
        key.wrapped = keys.only_newest(key.wrapped)
        key.save(update_fields=["wrapped"])
        catalog.changed()


def destroy_key(*, tenant_id: UUID) -> bool:
    """Destroy a tenant's keys: what was sealed with it opens nowhere any more. False if that was done before."""
    with use_platform(), transaction.atomic():
        destroyed, _ = TenantKey.objects.filter(pk=tenant_id).delete()
        catalog.changed()
    return bool(destroyed)
