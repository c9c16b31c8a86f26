"""Row 10: bring many tenants to a release that changes nothing for them, and to one that adds a column."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from tenancy import use_owner, use_platform
from tenants import migrating, readings
from tenants.models import Tenant
from tests.performance.crowd import gather
from tests.performance.results import Result
from tests.performance.visit import Visit, WrongAnswer
from tests.releases import release

RUNS, LIBRARY = 3, 5  # runs with nothing to do; tenants that Django's own command migrates, for comparison
BAR_MS = 20


def many_tenants(visit: Visit) -> Iterator[Result]:
    gather(visit, visit.crowd)
    with use_platform():
        schemas = list(Tenant.objects.exclude(level=None).values_list("schema_name", flat=True))
    count = len(schemas)
    reading = [_timed(lambda: readings.digests_of(schemas)) for _ in range(RUNS)]
    yield _result("limit: what each has, read and nothing else", reading, count)
    yield _result("nothing to do", [_timed(_migrate) for _ in range(RUNS)], count, bar=BAR_MS)
    library = [_timed(partial(_by_the_library, name)) for name in schemas[:LIBRARY]]
    yield _one_by_one("Django's own command, nothing to do", library, count)
    yield from _a_column(schemas)


def _a_column(schemas: list[str]) -> Iterator[Result]:
    bare = [_timed(partial(_add_bare, name)) for name in schemas]
    yield _one_by_one("limit: ALTER TABLE and nothing else", bare, len(schemas))
    with _next_release():
        library = [_timed(partial(_by_the_library, name)) for name in schemas[:LIBRARY]]
        seconds = _timed(_migrate)
    per_library = sum(library) * 1000 / LIBRARY
    yield _one_by_one("Django's own command, one column", library, len(schemas))
    yield _result("one column", [seconds], len(schemas) - LIBRARY, bar=per_library / 2)


def _migrate() -> None:
    report = migrating.migrate_tenants()
    if report.failed:
        raise WrongAnswer(f"{len(report.failed)} failed: {next(iter(report.failed.items()))}")


def _by_the_library(schema_name: str) -> None:
    call_command("migrate", schema=schema_name, verbosity=0)


def _add_bare(schema_name: str) -> None:
    with use_owner(schema_name), transaction.atomic(), connection.cursor() as cursor:
        table = sql.Identifier(schema_name, "filestore_storedfile")
        cursor.execute(sql.SQL("ALTER TABLE {} ADD COLUMN bare varchar(9) NULL").format(table))


@contextmanager
def _next_release() -> Iterator[None]:
    body = 'operations = [AddField("storedfile", "measured", models.CharField(max_length=9, null=True))]'
    with tempfile.TemporaryDirectory() as folder, release(settings, Path(folder), **{"0999_measured": body}):
        yield


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _result(what: str, runs: list[float], count: int, *, bar: float | None = None) -> Result:
    """Say what a whole run took, per tenant."""
    each = sorted(seconds * 1000 / count for seconds in runs)
    middle = each[len(each) // 2]
    return Result(
        row="10",
        what=f"{what}, {count} tenants",
        bar=f"≤ {bar:.0f} ms a tenant" if bar else "",
        measured=f"{middle:.2f} ms a tenant",
        met=middle <= bar if bar else None,
        p50=middle,
        p95=each[-1],
        worst=each[-1],
    )


def _one_by_one(what: str, seconds: list[float], present: int) -> Result:
    each = sorted(value * 1000 for value in seconds)
    mean = sum(each) / len(each)
    return Result(
        row="10",
        what=f"{what}, {len(each)} of {present} tenants",
        measured=f"{mean:.1f} ms a tenant",
        p50=each[len(each) // 2],
        p95=each[int((len(each) - 1) * 0.95)],
        worst=each[-1],
    )
