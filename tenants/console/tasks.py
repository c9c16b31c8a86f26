"""What the console does by the clock, in the worker. The platform's own jobs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from jobs.actors import actor
from tenants.console import figures


@actor(own_transactions=True)
def measure_tenants(**_: Any) -> None:
    figures.measure_tenants(at=timezone.now())
