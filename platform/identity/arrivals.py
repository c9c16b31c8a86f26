"""Somebody signed in at a tenant: let its modules recognise them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from identity.accounts import verified_emails_of
from identity.models import User
from kernel.modules import enabled_modules
from tenancy import TenantRef, use


def arrive(*, user: User, tenant: TenantRef, at: datetime) -> None:
    """Tell the tenant's modules who came, with the addresses that are proved to be theirs."""
    emails = verified_emails_of(user)
    with use(tenant), transaction.atomic():
        for module in enabled_modules():
            if module.on_arrival:
                module.load(module.on_arrival)(user=user, verified_emails=emails, at=at)
