"""Somebody signed in at a tenant: let its modules recognise them."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from identity.models import User
from kernel.modules import enabled_modules
from tenancy import TenantRef, use, use_platform


def arrive(*, user: User, tenant: TenantRef, at: datetime) -> None:
    """Tell the tenant's modules who came, with the addresses that are proved to be theirs."""
    with use_platform():
        emails = list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    with use(tenant), transaction.atomic():
        for module in enabled_modules():
            if module.on_arrival:
                module.load(module.on_arrival)(user=user, verified_emails=emails, at=at)
