"""Names of the tenants on a page, by one query."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from tenants.models import Tenant


class TenantNames:
    def __init__(self, ids: Iterable[UUID | None]) -> None:
        self.names = dict(Tenant.objects.filter(pk__in={each for each in ids if each}).values_list("pk", "name"))

    def of(self, tenant_id: UUID | None) -> str:
        """Return its name; of one that is gone, its id."""
        return self.names.get(tenant_id, str(tenant_id)) if tenant_id else _("The platform")
