"""The people who work here, at /api/members/."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from access import departures, services
from access.models import Member, Role
from httpapi.doors import endpoint
from httpapi.fields import Email, Moment
from httpapi.paging import Page, PageIn, page_of
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from tenancy.requests import Request

router = Router()

StaffRole = Literal["owner", "admin", "practitioner", "receptionist"]


class InviteIn(Schema):
    email: Email
    name: str = Field(max_length=150)
    role: Literal["admin", "practitioner", "receptionist"]


class RoleIn(Schema):
    role: StaffRole


class MemberOut(Schema):
    id: UUID
    name: str
    email: str
    role: StaffRole
    state: Literal["invited", "joined"]
    invited_at: Moment | None
    joined_at: Moment | None

    @staticmethod
    def of(member: Member) -> dict[str, Any]:
        names = ("id", "name", "email", "role", "invited_at", "joined_at")
        state = "joined" if member.joined_at else "invited"
        return {name: getattr(member, name) for name in names} | {"state": state}


@router.get("/", response=Page[MemberOut], summary="Colleagues and invitations")
@endpoint("access.manage_members")
def list_members(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(_staff(), page, MemberOut.of)


@router.post("/", response={201: MemberOut}, summary="Invite a colleague")
@endpoint("access.manage_members")
def invite(request: Request, body: InviteIn) -> Status[Any]:
    member = services.invite_member(
        email=body.email, name=body.name, role=body.role, by=request.user, at=timezone.now()
    )
    return Status(201, MemberOut.of(member))


@router.patch("/{uuid:member_id}/", response=MemberOut, summary="Change a colleague's role")
@endpoint("access.manage_members")
def change_role(request: Request, member_id: UUID, body: RoleIn) -> dict[str, Any]:
    member = get_object_or_404(_staff(), pk=member_id)
    if Role.OWNER in (member.role, body.role):
        require_proof(request)
    return MemberOut.of(services.change_role(member=member, role=body.role, by=request.user))


@router.delete("/{uuid:member_id}/", response={204: None}, summary="Let a colleague go, or withdraw an invitation")
@own_transaction
@endpoint("access.manage_members")
def end_membership(request: Request, member_id: UUID) -> Status[None]:
    member = get_object_or_404(_staff(), pk=member_id)
    if member.role == Role.OWNER:
        require_proof(request)
    departures.end_membership(tenant=request.tenant, member=member, by=request.user, at=timezone.now())
    return Status(204, None)


def _staff() -> Any:
    return Member.objects.staff().filter(ended_at=None).order_by("name")
