"""Where the workspace is found, at /api/address/."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from tenancy import TenantRef
from tenancy.addresses import tenant_host, tenant_url
from tenancy.requests import Request
from tenants import addresses

router = Router()


class SubdomainIn(Schema):
    name: str = Field(max_length=40)


class AddressOut(Schema):
    url: str
    subdomain: str
    earlier: list[str]
    changes_left: int
    next_change_at: Moment | None

    @staticmethod
    def of(tenant: TenantRef) -> dict[str, Any]:
        found = addresses.names_of(tenant, at=timezone.now())
        names = ("subdomain", "changes_left", "next_change_at")
        earlier = [tenant_host(name) for name in found.earlier]
        return {name: getattr(found, name) for name in names} | {"url": tenant_url(tenant), "earlier": earlier}


@router.get("/", response=AddressOut, summary="Where the workspace is found")
@endpoint("tenants.manage_address")
def show_address(request: Request) -> dict[str, Any]:
    return AddressOut.of(request.tenant)


@router.put("/subdomain/", response=AddressOut, summary="Change the name at Atrium; the old one leads to it")
@own_transaction
@endpoint("tenants.manage_address")
def change_subdomain(request: Request, body: SubdomainIn) -> dict[str, Any]:
    require_proof(request)
    name = body.name.strip().lower()
    return AddressOut.of(
        addresses.change_subdomain(tenant=request.tenant, name=name, by=request.user, at=timezone.now())
    )
