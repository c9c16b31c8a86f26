"""`manage.py perf [row …]`: measure rows of the scorecard on a site of our own, and write results/latest.md."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import django

from infra.local.progress import say, step
from tests.performance import results
from tests.performance.house import House, open_house
from tests.performance.results import Result

MORE = {"4": ("doors", "every_door"), "8": ("storm", "of_ten_thousand")}  # what else belongs to a row
ROWS = {  # in the order in which they are measured: the later ones fill the database, the last changes its tables
    "1": ("slots", "one_day"),
    "2": ("slots", "a_fortnight"),
    "5": ("days", "a_week"),
    "15": ("days", "today"),
    "3": ("bookings", "unique_times"),
    "4": ("bookings", "one_time"),
    "9": ("openings", "sign_up_to_workspace"),
    "11": ("hosts", "one_row"),
    "12": ("memory", "after_many_tenants"),
    "16": ("finding", "among_many"),
    "17": ("coding", "among_many_codes"),
    "18": ("importing", "fifty_thousand"),
    "8": ("taking_in", "events_of_stripe"),
    "7": ("issuing", "without_gaps"),
    "19": ("reporting", "of_a_day"),
    "10": ("migrations", "many_tenants"),
}


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with open_house() as house:
        measured = _measure(house, options)
    command = " ".join(["python3 manage.py perf", *arguments])
    known = results.merged(results.load(), measured)
    results.save(known, machine=_machine(), command=command)
    say(f"\n{results.table(measured)}\n\nWritten to {results.FOLDER / 'latest.md'}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py perf", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; all of them if none is named")
    parser.add_argument("--present", type=int, nargs="+", default=[10, 300, 1000], help="tenants there, for row 9")
    parser.add_argument("--crowd", type=int, default=300, help="tenants that rows 10 to 12 have at least")
    options = parser.parse_args(arguments)
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"there is no row {', '.join(unknown)}")
    return options


def _measure(house: House, options: argparse.Namespace) -> list[Result]:
    with step("tables, 10 practitioners, 400 people, 3,080 appointments"):
        django.setup()
        _prepare_database()
        from tests.performance.practice import open_practice
        from tests.performance.visit import Visit

        visit = Visit(house, open_practice(), tuple(options.present), options.crowd)
    with step("web server, workers, clock, Stripe stand-in"):
        house.site.start()
    return [result for row in ROWS if row in (options.rows or ROWS) for result in _run(row, visit)]


def _prepare_database() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.close()


def _run(row: str, visit: object) -> Iterator[Result]:
    for module, function in filter(None, (ROWS[row], MORE.get(row))):
        measure: Callable[[object], Iterator[Result]] = getattr(import_module(f"tests.performance.{module}"), function)
        load, at = _load(), f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        for measured in measure(visit):
            result = replace(measured, load=load, at=at)
            say(f"  row {result.row}: {result.what}: {result.measured}, p95 {result.p95:.1f} ms, load before {load}")
            yield result


def _load() -> str:
    """Return how busy the machine was over the last minute, before the row added to it."""
    return f"{os.getloadavg()[0]:.1f}"


def _machine() -> str:
    names = Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{os.cpu_count()} cores ({model or platform.machine()}), {platform.system()}, shared by client and server"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
