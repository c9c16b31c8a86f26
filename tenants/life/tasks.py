"""What happens in a tenant's life after the answer, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from tenancy import current_tenant
from tenants.life import erasing, exporting, restoring, sealing, telling


@actor(queue_name="mail", max_attempts=10)
def tell_owner_of_deletion(*, tenant_id: str, **_: Any) -> None:
    telling.tell_owner_of_deletion(tenant_id=UUID(tenant_id))


@actor(queue_name="mail", max_attempts=10)
def tell_owner_of_restoration(*, tenant_id: str, **_: Any) -> None:
    telling.tell_owner_of_restoration(tenant_id=UUID(tenant_id))


@actor(own_transactions=True)
def forget_old_rooms(**_: Any) -> None:
    restoring.forget_old_rooms(at=timezone.now())


@actor(own_transactions=True)
def seal_rooms(**_: Any) -> None:
    sealing.seal_rooms(at=timezone.now())


@actor(own_transactions=True, max_attempts=20, at_most_minutes=6 * 60)
def make_export(*, export_id: str, **_: Any) -> None:
    exporting.make_export(export_id=UUID(export_id), tenant=current_tenant(), at=timezone.now())


@actor(own_transactions=True)
def erase_due(**_: Any) -> None:
    erasing.begin_due(at=timezone.now())


@actor(own_transactions=True, max_attempts=20, at_most_minutes=60)
def erase_workspace(*, certificate_id: str, **_: Any) -> None:
    erasing.erase(certificate_id=UUID(certificate_id), at=timezone.now())
