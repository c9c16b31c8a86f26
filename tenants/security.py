"""A workspace's word on the second step at sign-in, and how its staff stand to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from access.models import Member
from access.second_step import AskedOf, covers
from identity.second_step import who_have_one
from kernel.locking import lock_row
from tenancy import TenantRef, catalog, use_platform
from tenants.console import platform_log
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Colleague:
    member: Member
    has_one: bool
    is_asked: bool

    @property
    def is_missing_one(self) -> bool:
        """Test whether nothing here opens to them until they have set one up."""
        return self.is_asked and not self.has_one


def ask_for_second_step(*, tenant: TenantRef, of: AskedOf, by: Any) -> TenantRef:
    """Have a second step asked of these people, from their next page or call on. Return the workspace as it is now.

    Call outside of a transaction: the word is kept among the platform's tables, the log is the tenant's.
    """
    with use_platform(), transaction.atomic():
        row = lock_row(Tenant.objects.with_rooms(), tenant.id)
        before = AskedOf(row.second_step_for)
        if before == of:
            return row.ref()
        row.second_step_for = of
        row.save(update_fields=["second_step_for"])
        details = {"from": before.value, "to": of.value}
        platform_log.note(action="security.second_step", by=None, tenant_id=row.pk, details=details)
        catalog.changed()
    changes = {"second_step_for": (before.value, of.value)}
    platform_log.tell_tenant(action="tenants.security.second_step_changed", tenant=row, by=by, changes=changes)
    return row.ref()


def colleagues() -> Any:
    return Member.objects.current().staff().order_by("name", "pk")


def those_with_one(members: list[Member]) -> set[UUID]:
    return who_have_one([member.user_id for member in members if member.user_id])


def standing_of(member: Member, *, asked_of: str, with_one: set[UUID]) -> Colleague:
    return Colleague(member, member.user_id in with_one, covers(asked_of, member.role))
