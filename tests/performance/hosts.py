"""Row 11: what tenancy adds to a page that asks for one row, over many hosts at random.

Both sides are the same view in this process, from the WSGI door inwards, on pooled connections. One goes through the
middleware that finds the host and enters its room; the other through none, on Django's own engine, in one schema.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PlainEngine
from django.test import RequestFactory, override_settings
from django.utils import timezone

from access.models import Member, Role
from infra.local.progress import step
from tenancy import use, use_platform
from tenancy.addresses import tenant_host
from tenancy.databases import CONTROL, settings_of
from tenants.models import Tenant, TenantState
from tests.performance.crowd import gather
from tests.performance.one_row import THE_ROW
from tests.performance.results import Result, spread
from tests.performance.visit import Visit, WrongAnswer

REQUESTS, WARM = 6_000, 500
ADDED_MS, OF_THROUGHPUT = 0.3, 0.8
TENANCY = [
    "tenancy.middleware.OriginMiddleware",
    "tenancy.middleware.HostMiddleware",
    "tenancy.middleware.RoomMiddleware",
]


class Part(NamedTuple):
    """What one client saw, in seconds: each request, all of them, the processor's part of that; and the statements."""

    times: list[float]
    took: float
    cpu: float
    statements: int


def one_row(visit: Visit) -> Iterator[Result]:
    """Measure one client, then eight."""
    gather(visit, visit.crowd)
    with step("the row in each of them"):
        tenants = _put_row_into_each()
    hosts = [tenant_host(name) for name, _ in tenants]
    for clients in (1, 8):
        alone, plain = _measured([], _plain_engine(tenants[0][1]), ["localhost"], clients)
        inside, counted = _measured(TENANCY, lambda: None, hosts, clients)
        added, ratio = inside["p50"] - alone["p50"], inside["per_second"] / alone["per_second"]
        is_one = clients == 1
        yield Result(
            row="11",
            what=f"one row of one of {len(hosts)} tenants at random, c={clients}",
            bar=f"≤ + {ADDED_MS} ms" if is_one else f"≥ {OF_THROUGHPUT} × without tenancy",
            measured=(
                f"+ {added:.2f} ms, {counted:.2f} statements instead of {plain:.2f}"
                if is_one
                else f"× {ratio:.2f}, {inside['per_second']:.0f}/s instead of {alone['per_second']:.0f}/s"
            ),
            met=added <= ADDED_MS if is_one else ratio >= OF_THROUGHPUT,
            p50=inside["p50"],
            p95=inside["p95"],
            worst=inside["worst"],
            cpu=f"this process {inside['cpu']:.2f} instead of {alone['cpu']:.2f}",
        )


def _put_row_into_each() -> list[tuple[str, str]]:
    """Return the name and the schema of every tenant that is open, each with the row in it."""
    with use_platform():
        rooms = [row.ref() for row in Tenant.objects.with_rooms().filter(state=TenantState.ACTIVE)]
    for room in rooms:
        with use(room):
            who = {"user_id": THE_ROW, "name": "Nell", "email": "nell@mail.example", "joined_at": timezone.now()}
            Member.objects.get_or_create(pk=THE_ROW, defaults=who | {"role": Role.RECEPTIONIST})
    return [(room.subdomain, room.schema_name) for room in rooms]


def _plain_engine(schema_name: str) -> Callable[[], None]:
    """Return what has a thread use Django's own engine, as if there were one tenant and no roles."""
    there = settings_of(CONTROL)
    options = there["OPTIONS"] | {"options": f"-c search_path={schema_name},public"}

    def enter() -> None:
        connections[CONTROL] = PlainEngine({**there, "OPTIONS": options}, CONTROL)

    return enter


def _measured(
    middleware: list[str], enter: Callable[[], None], hosts: list[str], clients: int
) -> tuple[dict[str, float], float]:
    """Return the times of the requests in milliseconds, how many a second, and how many statements each took."""
    with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF="tests.performance.one_row"):
        site = WSGIHandler()

        def work(seed: int) -> Part:
            return _ask_at_random(site, enter, random.Random(seed).choices(hosts, k=WARM + REQUESTS // clients))

        with ThreadPoolExecutor(clients) as pool:
            parts = list(pool.map(work, range(clients)))
    times = [seconds for part in parts for seconds in part.times]
    found = spread(times)
    figures = {
        "p50": found.p50,
        "p95": found.p95,
        "worst": found.worst,
        "per_second": sum(len(part.times) / part.took for part in parts),
        "cpu": sum(part.cpu for part in parts) * 1000 / len(times),
    }
    return figures, sum(part.statements for part in parts) / len(times)


def _ask_at_random(site: WSGIHandler, enter: Callable[[], None], hosts: list[str]) -> Part:
    """Ask each host for the page."""
    enter()
    count = 0

    def note(execute: Any, *statement: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*statement)

    requests = [RequestFactory(headers={"host": host}).get("/").environ for host in hosts]
    for environ in requests[:WARM]:
        _ask(site, environ)
    connection.execute_wrappers.append(note)
    times, began, worked = [], time.perf_counter(), time.thread_time()
    for environ in requests[WARM:]:
        started = time.perf_counter()
        _ask(site, environ)
        times.append(time.perf_counter() - started)
    part = Part(times, time.perf_counter() - began, time.thread_time() - worked, count)
    connection.close()
    return part


def _ask(site: WSGIHandler, environ: dict[str, Any]) -> None:
    status = ""

    def begin(told: str, headers: Any, *_: Any) -> Any:
        nonlocal status
        status = told

    response = site(environ, begin)
    text = b"".join(response)
    response.close()  # the connection goes back to the pool
    if status != "200 OK" or text != b"Nell":
        raise WrongAnswer(f"{status}: {text[:300]!r}")
