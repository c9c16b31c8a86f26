"""Who and whom a command names. Both raise `CommandError`, with a sentence."""

from __future__ import annotations

from django.core.management.base import CommandError

from identity.models import User
from tenancy import use_platform
from tenants.models import Tenant


def tenant_called(subdomain: str) -> Tenant:
    with use_platform():
        found = Tenant.objects.with_rooms().filter(domains__domain=subdomain).select_related("owner")
        tenant = found.first()
    if tenant is None:
        raise CommandError(f"There is no tenant at {subdomain}.")
    return tenant


def operator_called(email: str) -> User:
    with use_platform():
        user = User.objects.filter(email__iexact=email, is_operator=True, is_active=True).first()
    if user is None:
        raise CommandError(f"{email} is no operator.")
    return user
