"""Which room we are in: the database engine that keeps tenants apart, and the only ways to move between them."""

from tenancy.places import (
    PUBLIC,
    TenantRef,
    current_tenant,
    everywhere,
    tenant_in_use,
    use,
    use_cell,
    use_owner,
    use_platform,
)

__all__ = [
    "PUBLIC",
    "TenantRef",
    "current_tenant",
    "everywhere",
    "tenant_in_use",
    "use",
    "use_cell",
    "use_owner",
    "use_platform",
]
