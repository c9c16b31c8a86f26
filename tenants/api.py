"""Where the workspace is found, at /api/address/."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from tenancy import TenantRef
from tenancy.addresses import tenant_host, tenant_url
from tenancy.requests import Request
from tenants import addresses
from tenants.domains import services
from tenants.domains.models import CustomDomain
from tenants.domains.naming import target

router = Router()


class SubdomainIn(Schema):
    name: str = Field(max_length=40)


class PrimaryIn(Schema):
    name: str = Field(max_length=253, description="The subdomain, or a domain of the workspace that works.")


class DomainIn(Schema):
    name: str = Field(max_length=300)


class RecordOut(Schema):
    type: Literal["CNAME", "TXT"]
    name: str
    value: str


class DomainOut(Schema):
    id: UUID
    name: str
    state: Literal["pending", "verified", "failing", "removed"]
    problem: Literal["", "no-proof", "elsewhere", "held", "looks-taken", "unanswered"]
    records: list[RecordOut]
    created_at: Moment
    checked_at: Moment | None
    verified_at: Moment | None
    failing_since: Moment | None
    removed_at: Moment | None

    @staticmethod
    def of(domain: CustomDomain) -> dict[str, Any]:
        names = ("id", "name", "state", "problem", "created_at", "checked_at", "verified_at", "failing_since",
                 "removed_at")  # fmt: skip
        records = [
            {"type": "CNAME", "name": domain.name, "value": target()},
            {"type": "TXT", "name": domain.challenge, "value": domain.token},
        ]
        return {name: getattr(domain, name) for name in names} | {"records": records}


class AddressOut(Schema):
    url: str
    primary: str
    subdomain: str
    earlier: list[str]
    changes_left: int
    next_change_at: Moment | None
    domains: list[DomainOut]

    @staticmethod
    def of(tenant: TenantRef) -> dict[str, Any]:
        now = timezone.now()
        found = addresses.names_of(tenant, at=now)
        names = ("subdomain", "changes_left", "next_change_at")
        return {name: getattr(found, name) for name in names} | {
            "url": tenant_url(tenant),
            "primary": tenant.primary_name,
            "earlier": [tenant_host(name) for name in found.earlier],
            "domains": [DomainOut.of(domain) for domain in services.domains_of(tenant, at=now)],
        }


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


@router.put("/primary/", response=AddressOut, summary="Choose the name that links use and all others lead to")
@own_transaction
@endpoint("tenants.manage_address")
def choose_primary(request: Request, body: PrimaryIn) -> dict[str, Any]:
    require_proof(request)
    return AddressOut.of(services.choose_address(tenant=request.tenant, name=body.name, by=request.user))


@router.post("/domains/", response={201: DomainOut}, summary="Add a domain; adding one twice gives the same one")
@own_transaction
@endpoint("tenants.manage_address")
def add_domain(request: Request, body: DomainIn) -> Status[Any]:
    domain = services.add_domain(tenant=request.tenant, typed=body.name, by=request.user, at=timezone.now())
    return Status(201, DomainOut.of(domain))


@router.post("/domains/{uuid:domain_id}/checks/", response={202: DomainOut}, summary="Have its records looked up now")
@own_transaction
@endpoint("tenants.manage_address")
def check_domain(request: Request, domain_id: UUID) -> Status[Any]:
    return Status(
        202, DomainOut.of(services.ask_for_check(tenant=request.tenant, domain_id=domain_id, at=timezone.now()))
    )


@router.delete("/domains/{uuid:domain_id}/", response={204: None}, summary="Let a domain go")
@own_transaction
@endpoint("tenants.manage_address")
def remove_domain(request: Request, domain_id: UUID) -> Status[None]:
    require_proof(request)
    services.remove_domain(tenant=request.tenant, domain_id=domain_id, by=request.user, at=timezone.now())
    return Status(204, None)
