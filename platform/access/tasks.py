"""Finishing, in the worker, what was begun with somebody's departure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from access import departures
from jobs.actors import actor
from tenancy import current_tenant


@actor(own_transactions=True)
def close_doors(*, user_id: str, **_: Any) -> None:
    departures.close_doors(user_id=UUID(user_id), tenant=current_tenant())
