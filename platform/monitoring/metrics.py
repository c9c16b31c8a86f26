"""What is measured, for Prometheus. Per kind of tenant and per route, never per tenant or person.

With PROMETHEUS_MULTIPROC_DIR set, the processes of a machine add up in that folder and any of them answers for all.
"""

from __future__ import annotations

import os

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Summary,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

disable_created_metrics()  # when each series began: twice as many lines, and nobody asks

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("atrium_requests", "Requests answered.", ["tenant_class", "door", "method", "status"])
REQUEST_SECONDS = Histogram(
    "atrium_request_seconds", "How long answers took.", ["tenant_class", "door"], buckets=SECONDS
)
ROUTE_SECONDS = Summary("atrium_route_seconds", "How long answers of each route took.", ["route", "method"])
REQUEST_QUERIES = Summary("atrium_request_queries", "Statements per request.", ["tenant_class", "door"])
SLOW_QUERIES = Counter("atrium_slow_queries", "Statements that took long, by route or actor.", ["name"])
JOBS = Counter("atrium_jobs", "Jobs that ended.", ["actor", "result"])
JOB_SECONDS = Histogram("atrium_job_seconds", "How long jobs took.", ["actor"], buckets=SECONDS)

_asked_at_each_scrape: list[Collector] = []


def ask_at_each_scrape(collector: Collector) -> None:
    """Have `collector` looked at whenever metrics are read: for what the database knows better than any process."""
    _asked_at_each_scrape.append(collector)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    of_processes = generate_latest(_registry())
    asked = CollectorRegistry()
    for collector in _asked_at_each_scrape:
        asked.register(collector)
    return of_processes + generate_latest(asked)


def serve(address: str) -> None:
    """Answer scrapes at `host:port` from a thread, for processes that have no web server. Nothing for ""."""
    if address:
        host, _, port = address.rpartition(":")
        start_http_server(int(port), addr=host, registry=_registry())


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
