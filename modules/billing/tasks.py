"""What billing does by the clock, in the worker."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from jobs.actors import actor
from modules.billing import services
from tenancy import current_tenant


@actor(max_attempts=20, own_transactions=True)
def ensure_account(**_: Any) -> None:
    services.ensure_account(at=timezone.now())


@actor(own_transactions=True)
def reconcile(**_: Any) -> None:
    services.reconcile(at=timezone.now())


@actor()
def mark_overdue(**_: Any) -> None:
    services.mark_overdue(on=timezone.now().astimezone(ZoneInfo(current_tenant().time_zone)).date())
