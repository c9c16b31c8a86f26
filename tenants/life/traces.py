"""What a tenant leaves behind outside of its room, and how each of it is removed. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import redis
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from psycopg import sql

from access.models import Member
from identity.models import User
from jobs.models import OutboxMessage
from tenancy import TenantRef, everywhere, use, use_owner, use_platform
from tenants.life.tables import tenant_models
from tenants.models import Membership, Tenant
from webhooks.models import ConnectedAccount, StripeEvent


def has_room(schema_name: str) -> bool:
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
        return cursor.fetchone() is not None


def count_rows(schema_name: str) -> dict[str, int]:
    """Return how many rows each table of a room has."""
    counted = {}
    with use_owner(schema_name), connection.cursor() as cursor:
        for model in tenant_models():
            table = model._meta.db_table
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema_name, table)))
            (counted[table],) = cursor.fetchone()
    return counted


def remove_platform_rows(tenant: TenantRef) -> dict[str, int]:
    """Remove the platform's rows about a tenant: sessions, tokens, hand-overs, schedules, events, and whatever else
    has a `tenant_id`. A model that is to outlive tenants says so: `outlives_tenants = True`."""
    with use_platform(), transaction.atomic():
        accounts = ConnectedAccount.objects.filter(tenant_id=tenant.id).values("pk")
        removed = {"webhooks_stripeevent": StripeEvent.objects.filter(account_id__in=accounts).delete()[0]}
        for model in _models_of_tenants():
            table = model._meta.db_table
            rows = model._base_manager.filter(tenant_id=tenant.id)
            removed[table] = removed.get(table, 0) + rows.delete()[0]
    return removed


def count_jobs(tenant: TenantRef) -> int:
    counted = 0
    for way in everywhere():
        with way():
            counted += _jobs_about(tenant).count()
    return counted


def remove_jobs(tenant: TenantRef) -> None:
    """Remove a tenant's jobs, done or not, and the platform's that are about it."""
    for way in everywhere():
        with way(), transaction.atomic():
            _jobs_about(tenant).delete()


def _jobs_about(tenant: TenantRef) -> models.QuerySet[OutboxMessage]:
    told = OutboxMessage.objects.annotate(told=Cast("arguments", TextField()))
    return told.filter(Q(tenant_id=tenant.id) | Q(room=tenant.schema_name) | Q(told__contains=str(tenant.id)))


def _models_of_tenants() -> Iterable[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name in settings.SHARED_APPS:
            for model in config.get_models():
                is_about_tenants = any(
                    field.name == "tenant_id" and isinstance(field, models.UUIDField)
                    for field in model._meta.concrete_fields
                )
                if is_about_tenants and not getattr(model, "outlives_tenants", False):
                    yield model


def people_of(tenant: TenantRef) -> set[UUID]:
    """Return the accounts of everybody who ever had a place here, patients included."""
    with use(tenant):
        inside = set(Member.objects.exclude(user_id=None).values_list("user_id", flat=True))
    with use_platform():
        inside |= set(Membership.objects.filter(tenant_id=tenant.id).values_list("user_id", flat=True))
        inside.add(Tenant.objects.values_list("owner_id", flat=True).get(pk=tenant.id))
    return {user_id for user_id in inside if user_id is not None}


def with_nothing_else(people: Iterable[UUID], *, than: TenantRef) -> set[UUID]:
    """Return those of these people who have no place in any other tenant, and are no operators.

    Whose patient somebody is, is written in no list: every other room is asked.
    """
    with use_platform():
        found = User.objects.filter(pk__in=list(people), is_operator=False)
        found = found.exclude(pk__in=Membership.objects.exclude(tenant_id=than.id).values("user_id"))
        found = found.exclude(pk__in=Tenant.objects.exclude(pk=than.id).values("owner_id"))
        alone = set(found.values_list("pk", flat=True))
        rooms = [row.ref() for row in Tenant.objects.inhabited().exclude(pk=than.id).with_rooms()]
    for room in rooms:
        if not alone:
            break
        with use(room):
            there = Member.objects.filter(user_id__in=alone, ended_at=None)
            alone -= {user_id for user_id in there.values_list("user_id", flat=True) if user_id}
    return alone


def remove_accounts(people: Iterable[UUID]) -> int:
    """Remove accounts with all that is theirs: addresses, second factors, sessions. Owners stay while they own."""
    with use_platform(), transaction.atomic():
        free = User.objects.filter(pk__in=list(people)).exclude(pk__in=Tenant.objects.values("owner_id"))
        keys = [str(key) for key in free.values_list("pk", flat=True)]
        _sessions().filter(user_id__in=keys).delete()
        free.delete()
    return len(keys)


def _sessions() -> Any:
    return apps.get_model("identity", "Session")._default_manager


def forget_in_valkey(tenant: TenantRef) -> int:
    """Remove what the cache and the queues hold about a tenant. Return what is left: jobs that are just being done."""
    if not settings.REDIS_URL:
        return 0
    client = redis.Redis.from_url(settings.REDIS_URL)
    words = (str(tenant.id).encode(), tenant.schema_name.encode())
    try:
        left = 0
        for key in list(client.scan_iter(count=1000)):
            if any(word in key for word in words):
                client.delete(key)
            elif key.endswith(b".msgs"):
                left += _forget_messages(client, key, words)
        return left
    finally:
        client.close()


def _forget_messages(client: Any, key: bytes, words: tuple[bytes, ...]) -> int:
    """Take a tenant's messages out of a queue of dramatiq's: a hash, and a list or sorted set of their ids."""
    queue, left = key.removesuffix(b".msgs"), 0
    for message_id, message in list(client.hscan_iter(key)):
        if not any(word in message for word in words):
            continue
        taken = client.zrem(queue, message_id) if queue.endswith(b".XQ") else client.lrem(queue, 0, message_id)
        if taken or not _is_being_done(client, queue, message_id):
            client.hdel(key, message_id)
        else:
            left += 1
    return left


def _is_being_done(client: Any, queue: bytes, message_id: bytes) -> bool:
    name = queue.rpartition(b":")[2]
    return any(client.sismember(acks, message_id) for acks in client.scan_iter(match=b"*__acks__*." + name))
