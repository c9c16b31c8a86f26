"""Somebody stops working somewhere: inside, as a member; on the platform, wherever they are signed in to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from access import services
from access.models import Member
from identity.sign_ins import end_sessions_at
from identity.tokens import withdraw_tokens
from tenancy import TenantRef, use, use_platform

Hook = Callable[..., None]
_hooks: list[Hook] = []


def on_departure(hook: Hook) -> None:
    """Have `hook(user_id=…, tenant_id=…)` called among the platform's tables when somebody stops working somewhere."""
    _hooks.append(hook)


def end_membership(*, tenant: TenantRef, member: Member, by: Any, at: datetime) -> None:
    """Let somebody go, or withdraw an invitation: their sessions and tokens at this tenant end with it, at once.

    Raises what `services.end_membership` raises. Call outside of a transaction: two rooms are written. Should the
    second fail, a job that was written with the first comes after it.
    """
    with use(tenant), transaction.atomic():
        services.end_membership(member=member, by=by, at=at)
    if member.user_id is not None:
        close_doors(user_id=member.user_id, tenant=tenant)


def close_doors(*, user_id: UUID, tenant: TenantRef) -> None:
    """End what somebody who left still has on the platform; nothing, if they have come back meanwhile."""
    with use(tenant):
        if Member.objects.of_user(user_id).exists():
            return
    end_sessions_at(user_id=user_id, tenant_id=tenant.id)
    withdraw_tokens(user_id=user_id, tenant_id=tenant.id)
    with use_platform(), transaction.atomic():
        for hook in _hooks:
            hook(user_id=user_id, tenant_id=tenant.id)
