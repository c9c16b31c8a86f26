"""Opening and sweeping, in the worker. Both are the platform's own jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from identity.handover import forget_old_codes
from jobs.actors import actor
from tenants import signup
from tenants.opening import open_tenant


@actor(max_attempts=20, own_transactions=True)
def open_workspace(*, tenant_id: str, **_: Any) -> None:
    open_tenant(tenant_id=UUID(tenant_id), at=timezone.now())


@actor()
def sweep(**_: Any) -> None:
    signup.sweep_unconfirmed(at=timezone.now())
    forget_old_codes(at=timezone.now())
