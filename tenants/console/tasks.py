"""What the console does by the clock, in the worker. The platform's own jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from tenants.console import figures, support


@actor(own_transactions=True)
def measure_tenants(**_: Any) -> None:
    figures.measure_tenants(at=timezone.now())


@actor(own_transactions=True)
def end_support_session(*, session_id: str, **_: Any) -> None:
    support.end_what_ran_out(session_id=UUID(session_id), at=timezone.now())
