"""Opening and sweeping, in the worker. Both are the platform's own jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from httpapi.transactions import forget_old_answers
from identity.handover import forget_old_codes
from identity.mails import forget_old_mails
from identity.tokens import forget_old_tokens
from jobs.actors import actor
from tenancy import use, use_platform
from tenants import chaining, closing, signup, stock
from tenants.life.exporting import forget_old_exports
from tenants.models import Tenant, TenantState
from tenants.opening import open_tenant


@actor(max_attempts=20, own_transactions=True)
def open_workspace(*, tenant_id: str, **_: Any) -> None:
    open_tenant(tenant_id=UUID(tenant_id), at=timezone.now())


@actor(own_transactions=True, max_attempts=20, at_most_minutes=60)
def finish_closing(*, user_id: str, **_: Any) -> None:
    closing.finish_closing(user_id=UUID(user_id), at=timezone.now())


@actor(own_transactions=True)
def restock_schemas(**_: Any) -> None:
    stock.restock()


@actor()
def sweep(**_: Any) -> None:
    signup.sweep_unconfirmed(at=timezone.now())
    signup.sweep_unopened(at=timezone.now())
    forget_old_codes(at=timezone.now())
    forget_old_tokens(at=timezone.now())
    forget_old_mails(at=timezone.now())


@actor(own_transactions=True)
def chain_audit(**_: Any) -> None:
    chaining.chain_all(at=timezone.now())


@actor(own_transactions=True)
def verify_audit(**_: Any) -> None:
    chaining.verify_due(at=timezone.now())


@actor(own_transactions=True)
def sweep_rooms(**_: Any) -> None:
    """Forget, in every tenant's room, the answers that are kept for requests that come twice, and old exports."""
    with use_platform():
        rooms = [tenant.ref() for tenant in Tenant.objects.filter(state=TenantState.ACTIVE).with_rooms()]
    for room in rooms:
        if room.is_open:
            with use(room):
                forget_old_answers(at=timezone.now())
                forget_old_exports(at=timezone.now())
