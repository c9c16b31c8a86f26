"""Put one tenant back to its backup, under its own name and id. Nobody else's rows, files or jobs are touched.

The doors are closed meanwhile. The room that was there is set aside whole, so that all of it can be undone until the
operator confirms it or its days are up. A restoration that dies is taken back by the next one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import chain
from jobs.outbox import later
from kernel.errors import Conflict
from tenancy import TenantRef, catalog, use, use_platform
from tenants import chaining, keys, migrating, readings
from tenants.console import platform_log
from tenants.life import returning, swapping, traces
from tenants.life.archive import ArchiveReader
from tenants.life.backing_up import SETTINGS
from tenants.life.carrying_on import Carried
from tenants.models import ChainAnchor, Level, Restoration, Tenant, TenantState
from tenants.turns import one_at_a_time
from webhooks.receiving import tell_again

KEPT_FOR = timedelta(days=14)


class NotRestorable(Conflict):
    """The tenant is neither open nor suspended, was put back before without a confirmation, or somebody is at it."""

    code = "tenant-not-restorable"


class NothingToUndo(Conflict):
    """There is no restoration, or what it replaced is no longer kept."""

    code = "restoration-unknown"


def restore_tenant(*, tenant: Tenant, file: IO[bytes], by: Any, reason: str, at: datetime) -> Restoration:
    """Put a tenant back to a backup of its own. Call outside of a transaction.

    Raises `ArchiveBroken`, `NotReadable`, `FromNewerRelease`, `DoesNotFit` or `NotRestorable`; then everything is as it
    was. The same is true if anything else goes wrong on the way.
    """
    archive = ArchiveReader(file)
    returning.check_backup(archive.manifest, tenant.ref())
    archive.check()
    with _alone():
        _take_back_half(tenant)
        restoration = _begin(tenant, archive.manifest, by=by, reason=reason, at=at)
        try:
            report = _put_back(restoration, archive, at=at)
        except BaseException:
            _undo(restoration, carrying=False)
            raise
        return _finish(restoration, report, by=by, at=at)


def undo_restoration(*, tenant: Tenant, by: Any, reason: str, at: datetime) -> None:
    """Have the room from before the restoration again. What was done since goes; who left stays away.

    Raises `NothingToUndo`.
    """
    restoration = _restoration_of(tenant)
    if not restoration.before["had_room"]:
        raise NothingToUndo(_("There was no room before that could come back."))
    made_since = returning.files_only_in(tenant.schema_name, than=restoration.kept_schema)
    with _alone():
        _close(tenant, of=(TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.RESTORING))
        _undo(restoration, carrying=True)
    returning.discard_files(tenant.ref(), made_since)
    with use_platform(), transaction.atomic():
        details = {"as_of": restoration.as_of.isoformat()}
        platform_log.note(
            action="tenant.restoration_undone", by=by, tenant_id=tenant.pk, reason=reason, details=details
        )
    changes = {"reason": (None, reason), "as_of": (restoration.as_of.isoformat(), None)}
    platform_log.tell_tenant(action="tenants.workspace.restoration_undone", tenant=tenant, by=by, changes=changes)


def confirm_restoration(*, tenant: Tenant, by: Any, at: datetime) -> None:
    """Let the room go that was set aside. Raises `NothingToUndo`."""
    restoration = _restoration_of(tenant)
    replaced = returning.files_only_in(restoration.kept_schema, than=tenant.schema_name)
    swapping.drop(tenant.schema_name, restoration.kept_schema)
    returning.discard_files(tenant.ref(), replaced)
    with use_platform(), transaction.atomic():
        Restoration.objects.filter(pk=tenant.pk).delete()
        platform_log.note(action="tenant.restoration_kept", by=by, tenant_id=tenant.pk)


def forget_old_rooms(*, at: datetime) -> int:
    """Let the rooms go whose days are up. Return how many."""
    with use_platform():
        due = Tenant.objects.filter(restoration__keep_until__lte=at).exclude(state=TenantState.RESTORING)
        tenants = list(due.with_rooms())
    for tenant in tenants:
        confirm_restoration(tenant=tenant, by=None, at=at)
    return len(tenants)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep migrations and other restorations away, and stay away from theirs. Raises `NotRestorable`."""
    with one_at_a_time("tenants.migrating") as is_ours:
        if not is_ours:
            raise NotRestorable(_("Tenants are being migrated or put back by another process. Try again after it."))
        yield


def _begin(tenant: Tenant, manifest: dict[str, Any], *, by: Any, reason: str, at: datetime) -> Restoration:
    with use_platform():
        if Restoration.objects.filter(pk=tenant.pk).exists():
            raise NotRestorable(_("It was put back before. Confirm or undo that first."))
        settings = {name: getattr(tenant, name) for name in SETTINGS}
    had_room = traces.has_room(tenant.schema_name)
    state = _close(tenant, of=(TenantState.ACTIVE, TenantState.SUSPENDED))
    jobs = returning.waiting_jobs(tenant.pk)
    with use_platform(), transaction.atomic():
        return Restoration.objects.create(
            tenant=tenant,
            as_of=datetime.fromisoformat(manifest["as_of"]),
            digest=hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest(),
            reason=reason,
            asked_by_id=by.pk,
            asked_by_name=str(by),
            began_at=at,
            kept_schema=f"{tenant.schema_name}__{at:%Y%m%d%H%M%S}",
            state_before=state,
            before={"settings": settings, "jobs": jobs, "had_room": had_room},
        )


def _put_back(restoration: Restoration, archive: ArchiveReader, *, at: datetime) -> dict[str, Any]:
    """Do it, step by step. Return the report."""
    with use_platform():
        tenant = Tenant.objects.with_rooms().get(pk=restoration.tenant_id)
    ref, kept, manifest = tenant.ref(), restoration.kept_schema, archive.manifest
    had_room = restoration.before["had_room"]
    log_holds = had_room and chaining.verify_tenant(ref, at=at).holds
    swapping.put_in_place(archive, ref.schema_name, kept=kept)
    _note_level(tenant)
    migrating.catch_up(tenant)
    jobs = returning.exchange_jobs(ref, manifest["jobs"])
    people = returning.bring_people(ref, kept=kept if had_room else "", with_log=log_holds, at=at)
    returning.tell_modules(ref, at=at)
    if not log_holds:
        _set_anchor_back(ref)
    chaining.verify_tenant(ref, at=at)  # who looked while it was half done may have raised the alarm
    files = returning.bring_files(archive, ref)
    with use_platform(), transaction.atomic():
        since = manifest["last_stripe_event_at"]
        told = tell_again(ref, since=datetime.fromisoformat(since) if since else None)
        Tenant.objects.filter(pk=tenant.pk).update(**{name: manifest["tenant"][name] for name in SETTINGS})
        keys.seal_anew(tenant_id=tenant.pk)
    if traces.forget_in_valkey(ref):
        raise NotRestorable(_("A job of this tenant is just being done. Try again in a minute."))
    return people | files | jobs | {"stripe_events_told_again": told, "log_goes_on": log_holds}


def _finish(restoration: Restoration, report: dict[str, Any], *, by: Any, at: datetime) -> Restoration:
    with use_platform(), transaction.atomic():
        restoration.report, restoration.finished_at, restoration.keep_until = report, at, at + KEPT_FOR
        restoration.save()
        tenant = Tenant.objects.with_rooms().get(pk=restoration.tenant_id)
        counts = {name: len(value) if isinstance(value, list) else value for name, value in report.items()}
        details = {"as_of": restoration.as_of.isoformat(), "digest": restoration.digest, "report": counts}
        reason = restoration.reason
        platform_log.note(action="tenant.restored", by=by, tenant_id=tenant.pk, reason=reason, details=details)
        _tell_owner_later(tenant.pk)
    changes = {name: (None, value) for name, value in details.items()} | {"reason": (None, reason)}
    platform_log.tell_tenant(action="tenants.workspace.restored", tenant=tenant, by=by, changes=changes)
    _open(restoration)
    return restoration


def _tell_owner_later(tenant_id: UUID) -> None:
    from tenants.life.tasks import tell_owner_of_restoration

    later(tell_owner_of_restoration, tenant_id=str(tenant_id))


def _undo(restoration: Restoration, *, carrying: bool) -> None:
    """Have everything as it was before. It may be broken off anywhere and is done again."""
    with use_platform():
        tenant = Tenant.objects.with_rooms().get(pk=restoration.tenant_id)
    ref = tenant.ref()
    if restoration.before["had_room"]:
        people = swapping.take_back(ref.schema_name, kept=restoration.kept_schema, carrying=carrying)
    else:
        people = Carried()
        swapping.drop(ref.schema_name, ref.schema_name)
    _note_level(tenant)
    if carrying:  # a release may have come since
        migrating.catch_up(tenant)
    returning.exchange_jobs(ref, restoration.before["jobs"])
    returning.tell_of_people(ref, people)
    with use_platform(), transaction.atomic():
        Tenant.objects.filter(pk=tenant.pk).update(**restoration.before["settings"])
        keys.seal_anew(tenant_id=tenant.pk)
        if carrying and restoration.finished_at:
            tell_again(ref, since=restoration.finished_at)
    traces.forget_in_valkey(ref)
    _open(restoration)
    with use_platform(), transaction.atomic():
        Restoration.objects.filter(pk=tenant.pk).delete()


def _take_back_half(tenant: Tenant) -> None:
    """Take a restoration back that died on the way."""
    with use_platform():
        half = Restoration.objects.filter(pk=tenant.pk, finished_at=None).first()
    if half is not None:
        _undo(half, carrying=False)


def _restoration_of(tenant: Tenant) -> Restoration:
    with use_platform():
        found = Restoration.objects.filter(pk=tenant.pk).first()
    if found is None:
        raise NothingToUndo(_("There is no return to a backup that could be undone or confirmed."))
    return found


def _close(tenant: Tenant, *, of: tuple[TenantState, ...]) -> str:
    """Close the doors, and return the state in which they were. Raises `NotRestorable`."""
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state not in of:
            raise NotRestorable(_("This tenant is neither open nor suspended, so it cannot be put back now."))
        before, locked.state = locked.state, TenantState.RESTORING
        locked.save(update_fields=["state"])
        catalog.changed()
    return before


def _open(restoration: Restoration) -> None:
    with use_platform(), transaction.atomic():
        Tenant.objects.filter(pk=restoration.tenant_id).update(state=restoration.state_before)
        catalog.changed()


def _note_level(tenant: Tenant) -> None:
    """Note which migrations the room has."""
    if traces.has_room(tenant.schema_name):
        migrations = readings.level_of(tenant.schema_name)
        with use_platform():
            tenant.level = Level.of(migrations)
            Tenant.objects.filter(pk=tenant.pk).update(level=tenant.level)


def _set_anchor_back(tenant: TenantRef) -> None:
    """Anchor the chain where the room's own ends: the log that went further is gone, and the platform's log says so."""
    with use(tenant):
        _, head = chain.state()
    with use_platform(), transaction.atomic():
        ChainAnchor.objects.filter(tenant_id=tenant.id).update(seq=head.seq, hash=head.hash)
