"""Open a workspace: give it a schema, furnish it for the vertical, let people in.

Each step is one transaction and finds what an earlier attempt finished, so the job can be broken off anywhere and run
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from access.models import Member, Role
from audit import recording as audit
from identity.models import User
from kernel.locking import lock_row
from kernel.modules import get_module
from tenancy import TenantRef, catalog, use, use_platform
from tenants import keys, migrating, stock
from tenants.models import UNOPENED, Membership, Tenant, TenantState

FURNISHED = "tenants.module.furnished"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a module's presets know when they furnish a new workspace."""

    tenant: TenantRef
    owner: User
    owner_member: Member
    at: datetime


def open_tenant(*, tenant_id: UUID, at: datetime) -> Tenant:
    """Bring a reserved tenant to life, from wherever an earlier attempt stopped."""
    with use_platform():
        tenant = Tenant.objects.select_related("owner").get(pk=tenant_id)
    if tenant.state not in UNOPENED:
        return tenant
    tenant = stock.give_schema(tenant_id)
    migrating.catch_up(tenant)
    keys.give_key(tenant_id=tenant.pk, at=at, is_new=True)
    _furnish(tenant, at=at)
    return _let_people_in(tenant, at=at)


def _furnish(tenant: Tenant, *, at: datetime) -> None:
    """Put what the vertical starts with into an empty schema: the owner first, then each module's presets."""
    with use(tenant.ref()) as ref, transaction.atomic(), audit.together():
        if Member.objects.filter(role=Role.OWNER).exists():
            return
        owner = tenant.owner
        member = Member.objects.create(
            user_id=owner.pk, role=Role.OWNER, name=owner.name or owner.email, email=owner.email, joined_at=at
        )
        audit.record(action="tenants.workspace.opened", of=member, by=owner)
        for label in tenant.modules:
            furnish_module(Opening(tenant=ref, owner=owner, owner_member=member, at=at), label=label)


def furnish_module(opening: Opening, *, label: str) -> None:
    """Give a module what it starts with, and note that it had it. Call once for each module, in the tenant's room."""
    module = get_module(label)
    if module.presets:
        module.load(module.presets)(opening)
    changes = {"module": (None, label)}
    audit.record(action=FURNISHED, of=opening.owner_member, by=opening.owner, changes=changes)


def _let_people_in(tenant: Tenant, *, at: datetime) -> Tenant:
    with use_platform(), transaction.atomic():
        tenant = lock_row(Tenant.objects.select_related("owner"), tenant.pk)
        if tenant.state not in UNOPENED:  # another attempt was faster
            return tenant
        Membership.objects.get_or_create(user=tenant.owner, tenant=tenant, defaults={"created_at": at})
        tenant.state, tenant.opened_at = TenantState.ACTIVE, at
        tenant.save(update_fields=["state", "opened_at"])
        catalog.changed()
    return tenant
