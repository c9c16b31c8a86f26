"""How an opening goes, for whoever watches it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from jobs.models import OutboxMessage
from tenancy import use_platform
from tenants.models import Tenant

USUAL_OPENING = timedelta(seconds=10)


class Progress(StrEnum):
    """How an opening goes, as far as its job tells."""

    USUAL = "usual"
    LATE = "late"  # no worker has come to it yet
    FAILING = "failing"  # it failed, and will be tried again by itself
    GIVEN_UP = "given_up"


def progress_of(tenant: Tenant, *, at: datetime) -> Progress:
    """Tell how the opening of the tenant goes."""
    with use_platform():
        jobs = OutboxMessage.objects.filter(done_at=None)
        job = jobs.filter(pk=tenant.opening_job).first() if tenant.opening_job else None
    if job is None or job.dead_at:
        return Progress.GIVEN_UP
    if job.attempts:
        return Progress.FAILING
    return Progress.LATE if job.created_at < at - USUAL_OPENING else Progress.USUAL
