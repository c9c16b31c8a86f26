"""Do what the clock and the workers do, in this process."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from jobs import inline
from jobs.models import OutboxMessage
from tenancy import use_platform
from tests.trail import check_jobs, watched


def run_due_jobs(*, at: datetime | None = None) -> int:
    """Run every job that is due at `at` (now, if not given), and those that these cause. Return how many ran.

    Each is held against the audit log.
    """
    with watched() as watch:
        ran = inline.run_due_jobs(at=at or timezone.now(), at_most=2000)
    if watch.by_origin:
        with use_platform():
            done = OutboxMessage.objects.exclude(done_at=None).values_list("pk", flat=True)
            check_jobs(watch, {str(message_id) for message_id in done})
    return ran
