"""Erase a tenant: no row, file, job, key, session, schema or role of it is left, but the certificate.

Every step finds what an earlier attempt has done already, so it may be broken off anywhere and is done again from the
start. The key goes before the room: from then on no copy of what was sealed opens, even if the rest takes longer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from filestore.storage import count_files, erase_files
from jobs.models import OutboxMessage
from jobs.outbox import later
from jobs.relay import prolong_lease
from tenancy import TenantRef, catalog, use_platform
from tenants import blueprint
from tenants.console import platform_log
from tenants.keys import destroy_key
from tenants.life import swapping, traces
from tenants.models import Deletion, ErasureCertificate, Tenant, TenantState


class NotYet(RuntimeError):
    """A job of the tenant is just being done; it is tried again in a while."""


def begin_due(*, at: datetime) -> int:
    """Have the tenants erased whose day has come, and go on with those that were begun. Return how many."""
    with use_platform():
        due = Deletion.objects.filter(erase_at__lte=at, tenant__state__in=[TenantState.DELETING, TenantState.ERASING])
        tenants = list(due.values_list("pk", flat=True))
    return sum(_begin(tenant_id, at=at) for tenant_id in tenants)


def erase(*, certificate_id: UUID, at: datetime) -> ErasureCertificate:
    """Erase the tenant that a certificate was begun for. Asked again after the end, it does nothing.

    Call outside of a transaction. Raises `NotYet`.
    """
    with use_platform():
        certificate = ErasureCertificate.objects.get(pk=certificate_id)
        row = Tenant.objects.with_rooms().filter(pk=certificate.tenant_id, state=TenantState.ERASING).first()
    if row is None:
        return certificate
    tenant = row.ref()
    _remove_rows(certificate, tenant)
    alone = _remove_room(certificate, tenant)
    _count(certificate, {"files": count_files(tenant.id)})
    erase_files(tenant.id)
    if traces.forget_in_valkey(tenant):
        raise NotYet
    return _finish(certificate, tenant, alone, at=at)


def _begin(tenant_id: UUID, *, at: datetime) -> bool:
    with use_platform(), transaction.atomic():
        tenant = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
        deletion = Deletion.objects.filter(pk=tenant_id, erase_at__lte=at).first()
        if tenant is None or deletion is None:  # it was kept a moment ago
            return False
        certificate, _ = ErasureCertificate.objects.get_or_create(
            tenant_id=tenant_id,
            defaults={"asked_by_id": deletion.asked_by_id, "asked_at": deletion.asked_at, "began_at": at},
        )
        tenant.state = TenantState.ERASING
        tenant.save(update_fields=["state"])
        catalog.changed()
        return _erase_later(certificate)


def _erase_later(certificate: ErasureCertificate) -> bool:
    """Have it done by a job, which knows the certificate and not the tenant: its own traces stay longer."""
    from tenants.life.tasks import erase_workspace

    waiting = OutboxMessage.objects.filter(
        actor=erase_workspace.actor_name, arguments__certificate_id=str(certificate.pk)
    )
    if waiting.filter(done_at=None, dead_at=None).exists():
        return False
    later(erase_workspace, certificate_id=str(certificate.pk))
    return True


def _remove_rows(certificate: ErasureCertificate, tenant: TenantRef) -> None:
    _count(certificate, {"jobs_outboxmessage": traces.count_jobs(tenant)})
    traces.remove_jobs(tenant)
    with use_platform(), transaction.atomic():
        _count(certificate, traces.remove_platform_rows(tenant))


def _remove_room(certificate: ErasureCertificate, tenant: TenantRef) -> set[UUID]:
    """Remove the accounts that have nothing else, then the key, then the room. Return who owns it and nothing else.

    What cannot be counted in the transaction that removes it is counted before.
    """
    owner = _owner_of(tenant)
    if traces.has_room(tenant.schema_name):
        alone = traces.with_nothing_else(traces.people_of(tenant), than=tenant)
        _count(certificate, {"accounts": len(alone)} | traces.count_rows(tenant.schema_name))
        traces.remove_accounts(alone)
        prolong_lease()
    with use_platform(), transaction.atomic():
        _count(certificate, {"keys": int(destroy_key(tenant_id=tenant.id))})
    swapping.drop_all_set_aside(tenant.schema_name)
    blueprint.demolish(tenant.schema_name)
    prolong_lease()
    return traces.with_nothing_else({owner}, than=tenant)


def _owner_of(tenant: TenantRef) -> UUID:
    with use_platform():
        owner: UUID = Tenant.objects.values_list("owner_id", flat=True).get(pk=tenant.id)
    return owner


def _count(certificate: ErasureCertificate, found: Mapping[str, int]) -> None:
    """Keep the most that was found of each kind: what is done again finds less."""
    with use_platform(), transaction.atomic():
        locked = ErasureCertificate.objects.select_for_update().get(pk=certificate.pk)
        locked.counts |= {kind: max(number, locked.counts.get(kind, 0)) for kind, number in found.items() if number}
        locked.save(update_fields=["counts"])


def _finish(
    certificate: ErasureCertificate, tenant: TenantRef, owners: set[UUID], *, at: datetime
) -> ErasureCertificate:
    """Remove the tenant itself, and with it its names; sign the certificate."""
    traces.remove_jobs(tenant)  # and what one that was under way has left since
    traces.remove_platform_rows(tenant)
    with use_platform(), transaction.atomic():
        finished = ErasureCertificate.objects.select_for_update().get(pk=certificate.pk)
        Tenant.objects.filter(pk=tenant.id).delete()
        traces.remove_accounts(owners)
        finished.finished_at = at
        finished.digest = digest_of(finished)
        finished.save(update_fields=["finished_at", "digest"])
        platform_log.note(action="tenant.erased", by=None, tenant_id=tenant.id, details={"digest": finished.digest})
        catalog.changed()
    return finished


def digest_of(certificate: ErasureCertificate) -> str:
    """Return the checksum of what a certificate says."""
    names = ("id", "tenant_id", "asked_by_id", "asked_at", "began_at", "finished_at", "counts")
    facts: dict[str, Any] = {name: getattr(certificate, name) for name in names}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
