"""Tenants by the hundred, to be present while something is measured."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from django.db import connection
from django.utils import timezone

from identity.models import User
from infra.local.progress import step
from tenancy import use_platform
from tenants import signup, stock
from tenants.models import Tenant, TenantState
from tenants.opening import open_tenant
from tenants.signup import SignUp
from tests.performance.visit import Visit


def gather(visit: Visit, wanted: int) -> None:
    """Bring the number of tenants to `wanted`: real schemas, from the blueprint, that nobody has furnished."""
    _gather(visit, wanted, _build, "tenants")


def gather_furnished(visit: Visit, wanted: int) -> list[Tenant]:
    """Open as many tenants all the way, and return them. They count among those that `gather` counts."""
    with use_platform():
        already = Tenant.objects.filter(name__startswith="f-").count()
        present = Tenant.objects.count()
    _gather(visit, present + wanted - already, _open, "furnished tenants")
    with use_platform():
        return list(Tenant.objects.filter(name__startswith="f-").with_rooms().order_by("pk")[:wanted])


def reserve(owner: User, name: str) -> UUID:
    with use_platform():
        return signup.reserve_for(owner=owner, wish=_wish(name), at=timezone.now()).pk


def _gather(visit: Visit, wanted: int, make: Callable[[User, int], None], what: str) -> None:
    with use_platform():
        present = Tenant.objects.count()
    with step(f"{what}: {present} → {max(present, wanted)}"), ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(make, visit.practice.owner), range(present, wanted)))


def _build(owner: User, number: int) -> None:
    try:
        tenant_id = reserve(owner, f"p-{number}")
        stock.give_schema(tenant_id)
        with use_platform():
            Tenant.objects.filter(pk=tenant_id).update(state=TenantState.ACTIVE, opened_at=timezone.now())
    finally:
        connection.close()


def _open(owner: User, number: int) -> None:
    try:
        open_tenant(tenant_id=reserve(owner, f"f-{number}"), at=timezone.now())
    finally:
        connection.close()


def _wish(name: str) -> SignUp:
    return SignUp(
        name=name,
        vertical="clinic",
        subdomain=name,
        time_zone="Europe/London",
        currency="GBP",
        language="en-gb",
        owner_name="",
        email="",
        password="",
    )
