"""Who has to have a second step at sign-in, and who has one, at /api/security/."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router

from access import second_step
from access.second_step import AskedOf
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from tenancy import TenantRef
from tenancy.requests import Request
from tenants import security

router = Router()


class PolicyIn(Schema):
    second_step_for: Literal["nobody", "managers", "staff"]


class PolicyOut(PolicyIn):
    """`you_are_missing_one`: your next call is refused with `second-step-needed` until you have set one up."""

    you_are_missing_one: bool

    @staticmethod
    def of(tenant: TenantRef, user: Any) -> dict[str, Any]:
        missing = second_step.is_missing(user, tenant)
        return {"second_step_for": tenant.second_step_for, "you_are_missing_one": missing}


class ColleagueOut(Schema):
    member_id: UUID
    name: str
    role: Literal["owner", "admin", "practitioner", "receptionist"]
    has_second_step: bool
    is_asked: bool

    @staticmethod
    def of(found: security.Colleague) -> dict[str, Any]:
        member = {"member_id": found.member.pk, "name": found.member.name, "role": found.member.role}
        return member | {"has_second_step": found.has_one, "is_asked": found.is_asked}


@router.get("/", response=PolicyOut, summary="Of whom a second step is asked")
@endpoint("tenants.manage_security")
def show_policy(request: Request) -> dict[str, Any]:
    return PolicyOut.of(request.tenant, request.user)


@router.put("/", response=PolicyOut, summary="Ask a second step of more or fewer people, from their next call on")
@own_transaction
@endpoint("tenants.manage_security")
def change_policy(request: Request, body: PolicyIn) -> dict[str, Any]:
    require_proof(request)
    of = AskedOf(body.second_step_for)
    return PolicyOut.of(security.ask_for_second_step(tenant=request.tenant, of=of, by=request.user), request.user)


@router.get("/people/", response=Page[ColleagueOut], summary="Who has a second step")
@endpoint("tenants.manage_security")
def list_people(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    with_one: set[UUID] = set()
    return page_of(
        security.colleagues(),
        page,
        lambda member: ColleagueOut.of(
            security.standing_of(member, asked_of=request.tenant.second_step_for, with_one=with_one)
        ),
        seen=lambda shown: with_one.update(security.those_with_one(shown)),
    )
