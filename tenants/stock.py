"""Schemas that were built ahead, so that a new tenant is given one in a moment.

Every schema is listed in the stock before it is built, and there or among the tenants from then on: whatever breaks
off, none is lost from sight.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import OutboxMessage
from jobs.outbox import later
from kernel.locking import lock_row
from tenancy import everywhere, use_platform
from tenants import blueprint
from tenants.models import Blueprint, SpareSchema, Tenant
from tenants.turns import one_at_a_time

GIVEN_UP_AFTER = timedelta(minutes=10)  # nobody is still building a schema that was begun this long ago
REFILL_AFTER = timedelta(seconds=10)  # until then whoever was given one is furnished, and had better not be slowed


def give_schema(tenant_id: UUID) -> Tenant:
    """Return the tenant, with a schema: one from the stock, or one that is built now if there is none."""
    plan = blueprint.latest()
    tenant = _give_ready(tenant_id, plan)
    while tenant.level_id is None:
        _build(plan)
        tenant = _give_ready(tenant_id, plan)
    return tenant


def restock() -> int:
    """Throw away what is of no more use, and build until there are as many as wanted. Return how many were built.

    If another process is at it already, it is left to that one.
    """
    with one_at_a_time("tenants.stock") as is_ours:
        if not is_ours:
            return 0
        discard_unwanted()
        plan = blueprint.latest()
        missing = range(settings.SPARE_SCHEMAS - count_ready(plan))
        for _ in missing:
            _build(plan)
        return len(missing)


def discard_unwanted() -> int:
    """Drop the schemas of earlier blueprints, and those that were never finished. Return how many."""
    outdated = ~Q(blueprint=blueprint.latest()) & Q(ready_at__isnull=False)
    unfinished = Q(ready_at=None, started_at__lt=Now() - GIVEN_UP_AFTER)
    with use_platform():
        SpareSchema.objects.filter(outdated | unfinished).update(blueprint=None)  # so that nobody is given it now
        unwanted = list(SpareSchema.objects.filter(blueprint=None))
    for spare in unwanted:
        blueprint.demolish(spare.schema_name)
        for enter in everywhere():
            with enter():
                OutboxMessage.objects.filter(room=spare.schema_name).delete()  # of an opening that came to nothing
        with use_platform():
            spare.delete()
    return len(unwanted)


def count_ready(plan: Blueprint) -> int:
    with use_platform():
        return SpareSchema.objects.filter(blueprint=plan, ready_at__isnull=False).count()


def _give_ready(tenant_id: UUID, plan: Blueprint) -> Tenant:
    """Give the tenant a schema that is ready, unless it has one or there is none."""
    with use_platform(), transaction.atomic():
        tenant = lock_row(Tenant.objects.select_related("owner"), tenant_id)
        if tenant.level_id is not None:
            return tenant
        ready = SpareSchema.objects.filter(blueprint=plan, ready_at__isnull=False).order_by("pk")
        spare = ready.select_for_update(skip_locked=True).first()
        if spare is not None:
            tenant.schema_name, tenant.level_id = spare.schema_name, plan.level_id
            tenant.save(update_fields=["schema_name", "level"])
            spare.delete()
            _refill_soon()
        return tenant


def _refill_soon() -> None:
    from tenants.tasks import restock_schemas

    due = OutboxMessage.objects.filter(actor=restock_schemas.actor_name, done_at=None, dead_at=None)
    if settings.SPARE_SCHEMAS and not due.filter(available_at__gt=Now()).exists():
        later(restock_schemas, at=timezone.now() + REFILL_AFTER)


def _build(plan: Blueprint) -> None:
    with use_platform():
        spare = SpareSchema.objects.create(blueprint=plan)
    blueprint.build(spare.schema_name, plan)
    with use_platform():
        SpareSchema.objects.filter(pk=spare.pk).update(ready_at=Now())
