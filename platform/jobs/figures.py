"""How much work waits, for those who watch over the platform."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.models import OutboxMessage
from tenancy import use_platform


class WaitingJobs(Collector):
    """Asks the outbox at each scrape."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        with use_platform():
            found = OutboxMessage.objects.filter(done_at=None).aggregate(
                waiting=Count("pk", filter=Q(dead_at=None, available_at__lte=now)),
                dead=Count("dead_at"),
                oldest=Min("available_at", filter=Q(dead_at=None, available_at__lte=now)),
            )
        waited = (now - found["oldest"]).total_seconds() if found["oldest"] else 0
        yield GaugeMetricFamily("atrium_jobs_waiting", "Jobs that are due and not done.", value=found["waiting"])
        yield GaugeMetricFamily("atrium_jobs_dead", "Jobs that were given up.", value=found["dead"])
        yield GaugeMetricFamily("atrium_jobs_oldest_seconds", "How long the oldest due job has waited.", value=waited)
