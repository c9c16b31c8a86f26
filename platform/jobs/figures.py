"""How much work waits, for those who watch over the platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.models import OutboxMessage
from tenancy import everywhere
from tenancy.places import Way


class WaitingJobs(Collector):
    """Asks the outbox at each scrape."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        found = [_waiting_in(into, now) for into in everywhere()]
        waiting, dead = sum(each["waiting"] for each in found), sum(each["dead"] for each in found)
        oldest = min((each["oldest"] for each in found if each["oldest"]), default=now)
        waited = (now - oldest).total_seconds()
        yield GaugeMetricFamily("atrium_jobs_waiting", "Jobs that are due and not done.", value=waiting)
        yield GaugeMetricFamily("atrium_jobs_dead", "Jobs that were given up.", value=dead)
        yield GaugeMetricFamily("atrium_jobs_oldest_seconds", "How long the oldest due job has waited.", value=waited)


def _waiting_in(into: Way, now: datetime) -> dict[str, Any]:
    with into():
        return OutboxMessage.objects.filter(done_at=None).aggregate(
            waiting=Count("pk", filter=Q(dead_at=None, available_at__lte=now)),
            dead=Count("dead_at"),
            oldest=Min("available_at", filter=Q(dead_at=None, available_at__lte=now)),
        )
