"""Counts the statements of a request or job, and tells of those that took long."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from monitoring import metrics
from monitoring.occasions import Occasion

logger = logging.getLogger("atrium.slow_query")

SHOWN = 1_000


@contextmanager
def counted(occasion: Occasion) -> Iterator[None]:
    """Count this thread's statements for `occasion` until the block ends."""

    def run(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            _note(occasion, sql, time.perf_counter() - began)

    with connection.execute_wrapper(run):
        yield


def _note(occasion: Occasion, sql: Any, seconds: float) -> None:
    occasion.queries += 1
    occasion.query_seconds += seconds
    if seconds * 1000 >= settings.SLOW_QUERY_MS:
        metrics.SLOW_QUERIES.labels(occasion.name).inc()
        logger.warning("A query took long.", extra={"ms": round(seconds * 1000), "sql": statement_of(sql)})


def statement_of(sql: Any) -> str:
    """Return a statement as it was written, without its parameters. A composed one could hold values: its kind only."""
    return " ".join(sql.split())[:SHOWN] if isinstance(sql, str) else type(sql).__name__
