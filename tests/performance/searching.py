"""How long a search takes, for each way of asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from django.db import connection

from tenancy import use_owner
from tests.performance.asking import Wanted, put_load
from tests.performance.house import per_request
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

BAR = 50  # ms, with HTTP and all that is around it


def searches(visit: Visit, *, row: str, among: str, asked: Mapping[str, list[str]], address: str) -> Iterator[Result]:
    """Ask for each text at `address` twenty times, after one round that warms up; `asked` is by way of asking."""
    with use_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    for what, texts in asked.items():
        requests = [Wanted("GET", f"{address}{quote(text)}") for text in texts for _ in range(20)]
        put_load(visit.arrive, requests[::20], clients=1)
        before = visit.house.cpu_seconds()
        load = put_load(visit.arrive, requests, clients=1)
        visit.check(load.answers, {200})
        seen = spread(load.times)
        yield Result(
            row=row,
            what=f"search among {among}: {what}, c=1",
            bar=f"p95 ≤ {BAR} ms",
            measured=f"{seen.p50:.1f} ms",
            met=seen.p95 <= BAR,
            p50=seen.p50,
            p95=seen.p95,
            worst=seen.worst,
            cpu=per_request(before, visit.house.cpu_seconds(), len(requests)),
        )
