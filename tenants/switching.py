"""From one workspace to another that somebody works in, by one click in the menu of every page."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from kernel.prepared import Prepared
from tenancy import use_platform
from tenancy.addresses import platform_url, tenant_host
from tenants.models import Domain, Membership, TenantState

SHOWN = 8  # the rest is behind "My workspaces"


class Elsewhere(NamedTuple):
    """Another workspace, and the address that hands its person over to it."""

    name: str
    host: str
    way: str


def workspaces_elsewhere(*, user: Any, here: UUID) -> list[Elsewhere]:
    """Return the open workspaces that somebody works in, but for the one they are in. One query, however many."""
    with use_platform():
        found = _ELSEWHERE(user_id=user.pk, here=here)
    return [Elsewhere(name, tenant_host(address), _way_to(tenant_id)) for tenant_id, name, address in found]


def _elsewhere(user_id: UUID, here: UUID) -> Any:
    address = Domain.objects.filter(tenant=OuterRef("tenant"), is_primary=True).values("domain")
    mine = Membership.objects.filter(user_id=user_id, tenant__state=TenantState.ACTIVE).exclude(tenant_id=here)
    rows = mine.annotate(address=Subquery(address), name=F("tenant__name")).order_by("name", "tenant_id")
    return rows.values_list("tenant_id", "name", "address")[:SHOWN]


_ELSEWHERE = Prepared(_elsewhere, user_id=UUID(int=1), here=UUID(int=2))


def _way_to(tenant_id: UUID) -> str:
    return platform_url(f"/hand-over/?{urlencode({'tenant': tenant_id, 'next': '/'})}")
