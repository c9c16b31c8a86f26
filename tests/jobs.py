"""Do what the clock and the workers do, in this process."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from jobs import inline


def run_due_jobs(*, at: datetime | None = None) -> int:
    """Run every job that is due at `at` (now, if not given), and those that these cause. Return how many ran."""
    return inline.run_due_jobs(at=at or timezone.now(), at_most=2000)
