"""What each role may do here, and why, at /api/roles/."""

from __future__ import annotations

from typing import Any, Literal, cast

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from access import roles
from access.models import Role, RoleChange
from access.presets import Reach, words_of
from access.roles import LONGEST_REASON, Right
from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.paging import Page, PageIn, page_of
from httpapi.schemas import Schema
from identity.proofs import require_proof
from tenancy.requests import Request

router = Router()

RoleName = Literal["owner", "admin", "practitioner", "receptionist", "patient"]
ReachName = Literal["all", "care", "self", "none"]


class ReasonIn(Schema):
    reason: str = Field(max_length=LONGEST_REASON)


class RightIn(ReasonIn):
    reach: ReachName


class RightOut(Schema):
    """`choices` are the reaches it may be given; where there is only one, `limit` says why."""

    role: RoleName
    permission: str
    words: str
    reach: ReachName
    why: str
    is_changed: bool
    preset_reach: ReachName
    preset_why: str
    choices: list[ReachName]
    limit: str

    @staticmethod
    def of(right: Right) -> RightOut:
        return RightOut(
            role=cast("RoleName", right.role),
            permission=right.permission,
            words=words_of(right.permission),
            reach=_name(right.reach),
            why=right.why,
            is_changed=right.change is not None,
            preset_reach=_name(right.preset.reach if right.preset else None),
            preset_why=right.preset.why if right.preset else "",
            choices=[_name(reach) for reach in right.choices],
            limit=right.limit,
        )


class RoleOut(Schema):
    role: RoleName
    rights: list[RightOut]


class RolesOut(Schema):
    items: list[RoleOut]


class RoleChangeOut(Schema):
    role: RoleName
    permission: str
    reach: Literal["all", "care", "self", "none", "preset"]
    reason: str
    by_name: str
    at: Moment

    @staticmethod
    def of(change: RoleChange) -> RoleChangeOut:
        return RoleChangeOut.model_validate(change, from_attributes=True)


@router.get("/", response=RolesOut, summary="What each role may do, and why")
@endpoint("access.view_roles")
def list_roles(request: Request) -> dict[str, Any]:
    changes = roles.changes_in_force()
    found = [
        {"role": role.value, "rights": [RightOut.of(right) for right in roles.rights_of(role, changes)]}
        for role in Role
    ]
    return {"items": found}


@router.get("/changes/", response=Page[RoleChangeOut], summary="What was changed, the newest first")
@endpoint("access.view_roles")
def list_changes(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(roles.history_of(), page, RoleChangeOut.of)


@router.put("/{role}/{permission}/", response=RightOut, summary="Give a role more or less")
@endpoint("access.manage_roles")
def change_right(request: Request, role: str, permission: str, body: RightIn) -> RightOut:
    require_proof(request)
    reach = None if body.reach == RoleChange.NONE else Reach(body.reach)
    changed = roles.change_right(
        role=role, permission=permission, reach=reach, reason=body.reason, by=request.user, at=timezone.now()
    )
    return RightOut.of(changed)


@router.post("/{role}/{permission}/preset/", response=RightOut, summary="Let the preset hold again")
@endpoint("access.manage_roles")
def return_to_preset(request: Request, role: str, permission: str, body: ReasonIn) -> RightOut:
    require_proof(request)
    returned = roles.return_to_preset(
        role=role, permission=permission, reason=body.reason, by=request.user, at=timezone.now()
    )
    return RightOut.of(returned)


def _name(reach: Reach | None) -> ReachName:
    return cast("ReachName", reach.value if reach else RoleChange.NONE)
