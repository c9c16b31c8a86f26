"""Watches every request: how long, how many queries, what came of it."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotFound
from prometheus_client import CONTENT_TYPE_LATEST

from monitoring import metrics, visits
from monitoring.occasions import Visit, during, route_of
from monitoring.queries import counted
from tenancy.requests import Request

logger = logging.getLogger("atrium.request")

Next = Callable[[Request], HttpResponse]
FILES = ("/static/", "/theme/")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsMiddleware:
    """Answers /metrics on any host, to whoever brings the token; without one, to this machine alone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.path_info != "/metrics":
            return self.get_response(request)
        if not _may_scrape(request):
            return HttpResponseNotFound("Not found\n", content_type="text/plain")
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: Request) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    try:
        return ipaddress.ip_address(request.ip).is_loopback
    except ValueError:
        return False


class WatchMiddleware:
    """Counts the request and writes one line of log, which names the route and neither address nor person."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        visit = Visit(request)
        began = time.perf_counter()
        with during(visit), counted(visit):
            response = self.get_response(request)
            _note(request, visit, response.status_code, time.perf_counter() - began)
        return response


def _note(request: Request, visit: Visit, status: int, seconds: float) -> None:
    method = request.method if request.method in METHODS else "other"
    door, route = door_of(request), route_of(request)
    metrics.REQUESTS.labels(visit.tenant_class, door, method, str(status)).inc()
    metrics.REQUEST_SECONDS.labels(visit.tenant_class, door).observe(seconds)
    metrics.REQUEST_QUERIES.labels(visit.tenant_class, door).observe(visit.queries)
    if door == "file":
        return
    metrics.ROUTE_SECONDS.labels(route, method).observe(seconds)
    if visit.tenant is not None:
        visits.note(visit.tenant.id, failed=status >= 500)
    logger.info(
        "request",
        extra={
            "method": method,
            "status": status,
            "ms": round(seconds * 1000),
            "queries": visit.queries,
            "query_ms": round(visit.query_seconds * 1000),
        },
    )


def door_of(request: Request) -> str:
    """Return "file", "api" or "page"."""
    if request.path_info.startswith(FILES):
        return "file"
    return "api" if request.path_info.startswith("/api/") else "page"
