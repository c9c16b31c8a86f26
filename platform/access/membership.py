"""The role that a user has in the tenant in use, and what it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from access.models import STAFF_ROLES, Member, MemberQuerySet, RoleChange
from access.presets import Reach, preset_of
from access.roles import reaches_in_force
from kernel.modules import is_in_use
from kernel.prepared import Prepared
from tenancy import current_tenant

OPERATOR = "operator"  # no role of a tenant: the platform's own people

# Not roles either: what the modules lend to support, always and where an owner allowed it for one session.
SUPPORT, SUPPORT_WITH_NOTES = "support", "support_with_notes"


@dataclass(frozen=True, slots=True)
class Visit:
    """As which role somebody of the platform's support looks on, and what the owner allowed them."""

    role: str
    may_read_notes: bool


@dataclass(frozen=True, slots=True)
class Membership:
    tenant_schema: str
    member_id: UUID
    role: str
    reaches: Mapping[str, Reach]

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES


def membership_of(user: Any) -> Membership | None:
    """Return the user's membership in the tenant in use, or None. One query per user and request."""
    if not getattr(user, "is_authenticated", False):
        return None
    known: Membership | None = getattr(user, "_membership", None)
    if known is not None and known.tenant_schema == current_tenant().schema_name:
        return known
    if visit := visit_of(user):
        user._membership = _membership_of_visitor(user, visit)
        return user._membership
    for found in _MEMBER_OF_USER(user_id=user.pk):
        user._membership = membership_in(_Found(*found))
        return user._membership
    return None


def visit_of(user: Any) -> Visit | None:
    """Return as what this is a visitor from the platform's support; None for everybody else."""
    return getattr(user, "visit", None)


def _membership_of_visitor(user: Any, visit: Visit) -> Membership:
    """What support may do: as much of the role's rights as is lent to support at all, and no more of anything."""
    changes: list[Any] = list(RoleChange.objects.filter(role=visit.role).in_force().values("permission", "reach"))
    held, lent = reaches_in_force(visit.role, changes), preset_of(SUPPORT)
    reaches = {permission: reach for permission, reach in held.items() if permission in lent}
    if visit.may_read_notes:
        reaches |= {permission: grant.reach for permission, grant in preset_of(SUPPORT_WITH_NOTES).items()}
    return Membership(current_tenant().schema_name, user.pk, visit.role, reaches)


def with_role_changes(members: MemberQuerySet) -> Any:
    """Have the same query bring how this tenant's owners changed each member's role."""
    latest = RoleChange.objects.filter(role=OuterRef("role")).in_force()
    changes = latest.values_list(JSONObject(permission="permission", reach="reach"), flat=True)
    return members.annotate(role_changes=ArraySubquery(changes))


def membership_in(member: Any) -> Membership:
    """Return what a member of `with_role_changes` may do."""
    reaches = reaches_in_force(member.role, member.role_changes)
    return Membership(current_tenant().schema_name, member.pk, member.role, reaches)


class _Found(NamedTuple):
    pk: UUID
    role: str
    role_changes: list[Mapping[str, str]]


def _member_of_user(user_id: UUID) -> Any:
    return with_role_changes(Member.objects.of_user(user_id)).order_by("pk").values_list(*_Found._fields)[:1]


_MEMBER_OF_USER = Prepared(_member_of_user, user_id=UUID(int=0))


def role_of(user: Any) -> str:
    """Return the role that the audit log notes beside a name; nothing for those who have none here."""
    if visit_of(user):
        return SUPPORT
    membership = membership_of(user)
    if membership is not None:
        return membership.role
    return OPERATOR if getattr(user, "is_operator", False) else getattr(user, "role", "")


def forget_membership(user: Any) -> None:
    """Have the next question look again, after a role was given or taken."""
    user.__dict__.pop("_membership", None)


def reach_of(user: Any, permission: str) -> Reach | None:
    """Return how far the user's role carries this permission, or None if it does not have it.

    Nobody holds the permissions of a module that is switched off.
    """
    membership = membership_of(user) if is_in_use(permission) else None
    return membership.reaches.get(permission) if membership else None
