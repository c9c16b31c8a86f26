"""Somebody begins or ends to work somewhere: inside, as a member; on the platform, for the way there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from access import services as access
from access.models import Member
from tenancy import TenantRef, use, use_platform
from tenants.models import Membership


def accept_invitation(*, tenant: TenantRef, secret: str, user: Any, verified_emails: list[str], at: datetime) -> None:
    """Let an invited person in, and list the workspace among theirs. Raises `InvitationNotGood`.

    Who has joined and sends the form again is let in again. Call outside of a transaction: two rooms are written.
    """
    with use(tenant), transaction.atomic():
        if not works_here(user):
            access.accept_invitation(secret=secret, user=user, verified_emails=verified_emails, at=at)
    with use_platform(), transaction.atomic():
        Membership.objects.get_or_create(user=user, tenant_id=tenant.id, defaults={"created_at": at})


def forget_workspace(*, user_id: UUID, tenant_id: UUID) -> None:
    """Take a workspace off the list of somebody who left it."""
    Membership.objects.filter(user_id=user_id, tenant_id=tenant_id).delete()


def works_here(user: Any) -> bool:
    """Test whether somebody is staff of the tenant in use."""
    return Member.objects.of_user(user.pk).staff().exists()
