"""Say that a tenant is to be erased, and take it back. Until the day, its doors are closed and its data is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from jobs.outbox import later
from kernel.errors import Conflict
from tenancy import TenantRef, catalog, use, use_platform
from tenants.console import platform_log
from tenants.models import Deletion, Tenant, TenantState

GRACE = timedelta(days=30)


class NotDeletable(Conflict):
    """The tenant is not open yet, is being deleted already, or is just being restored."""

    code = "tenant-not-deletable"


class NotBeingDeleted(Conflict):
    """Nothing is to be undone, or it is too late for it."""

    code = "tenant-not-being-deleted"


def schedule_deletion(*, tenant: Tenant, by: Any, reason: str, at: datetime) -> Deletion:
    """Close the doors of a tenant everywhere at once, and have it erased once `GRACE` has passed.

    Its jobs and the messages of its payment gateway wait, as those of a suspended tenant do. Its owner is told by
    e-mail. Raises `NotDeletable`. Call outside of a transaction: the state is the platform's, the log is the tenant's.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state not in (TenantState.ACTIVE, TenantState.SUSPENDED):
            raise NotDeletable(_("This tenant is neither open nor suspended, so it cannot be deleted now."))
        deletion = Deletion.objects.create(
            tenant=locked,
            reason=reason,
            asked_by_id=by.pk,
            asked_by_name=str(by),
            asked_at=at,
            erase_at=at + GRACE,
            state_before=locked.state,
        )
        _move(locked, TenantState.DELETING)
        _tell_owner(locked.pk)
        details = {"erase_at": deletion.erase_at.isoformat()}
        platform_log.note(action="tenant.deletion", by=by, tenant_id=locked.pk, reason=reason, details=details)
    changes = {"reason": (None, reason), "erase_at": (None, deletion.erase_at)}
    _record("deletion_scheduled", tenant, by, changes)
    return deletion


def delete_own(*, tenant: TenantRef, by: Any, reason: str, at: datetime) -> Deletion:
    """Do what `schedule_deletion` does, on the word of somebody in the workspace itself."""
    with use_platform():
        row = Tenant.objects.with_rooms().get(pk=tenant.id)
    return schedule_deletion(tenant=row, by=by, reason=reason, at=at)


def cancel_deletion(*, tenant: Tenant, by: Any, at: datetime) -> None:
    """Take a deletion back: everything is as it was, and what waited goes on. Raises `NotBeingDeleted`.

    Call outside of a transaction, like `schedule_deletion`.
    """
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.DELETING:
            raise NotBeingDeleted(_("There is no deletion of this tenant that could be undone."))
        deletion = locked.deletion
        _move(locked, TenantState(deletion.state_before))
        deletion.delete()
        platform_log.note(action="tenant.deletion_undone", by=by, tenant_id=locked.pk)
    _record("deletion_cancelled", tenant, by, {"closed_for": (None, str(at - deletion.asked_at))})


def deletion_of(tenant_id: UUID) -> Deletion | None:
    """Return the deletion that waits for its day, if there is one."""
    with use_platform():
        return Deletion.objects.filter(pk=tenant_id).first()


def _move(tenant: Tenant, state: TenantState) -> None:
    tenant.state = state
    tenant.save(update_fields=["state"])
    catalog.changed()


def _tell_owner(tenant_id: UUID) -> None:
    from tenants.life.tasks import tell_owner_of_deletion

    later(tell_owner_of_deletion, tenant_id=str(tenant_id))


def _record(what: str, tenant: Tenant, by: Any, changes: Mapping[str, tuple[Any, Any]]) -> None:
    with use(tenant.ref()), transaction.atomic():
        audit.record(action=f"tenants.workspace.{what}", of=tenant, by=by, changes=changes)
