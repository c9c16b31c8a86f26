"""Which tenant a Stripe account belongs to. Called among the platform's own tables."""

from __future__ import annotations

from uuid import UUID

from tenancy import TenantRef, catalog
from webhooks.models import ConnectedAccount


def connect_account(*, account_id: str, tenant_id: UUID) -> None:
    """Remember whose account this is. A tenant has one; a second call with the same does nothing."""
    ConnectedAccount.objects.bulk_create(
        [ConnectedAccount(account_id=account_id, tenant_id=tenant_id)], ignore_conflicts=True
    )


def tenant_behind(account_id: str) -> TenantRef | None:
    """Return the tenant of an account, or None if it is nobody's."""
    account = ConnectedAccount.objects.filter(pk=account_id).first() if account_id else None
    return catalog.find_by_id(account.tenant_id) if account else None
