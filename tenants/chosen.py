"""The tenants that a command is about."""

from __future__ import annotations

from django.core.management.base import CommandError

from tenancy import TenantRef, use_platform
from tenants.models import Tenant


def chosen_tenants(wanted: str = "") -> list[TenantRef]:
    """Return all that are visited, the oldest first, or the one `wanted` by subdomain or id. Raises `CommandError`."""
    with use_platform():
        rows = Tenant.objects.visited().prefetch_related("domains").order_by("created_at")
        found = [tenant.ref() for tenant in rows]
    if wanted:
        found = [tenant for tenant in found if wanted in (tenant.subdomain, str(tenant.id))]
    if wanted and not found:
        raise CommandError(f"There is no tenant {wanted}.")
    return found
