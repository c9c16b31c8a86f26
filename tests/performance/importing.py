"""Row 18: nearly fifty thousand people out of one messy file, and what the worker needs for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from django.utils import timezone

from infra.local.progress import step
from modules.crm.models import ImportState, PeopleImport
from modules.crm.services import imports
from modules.crm.tests.messy import messy_file
from tenancy import use
from tests.performance.house import private_megabytes
from tests.performance.results import Result
from tests.performance.visit import Visit, WrongAnswer

ROWS = 49_900  # what a file may have at most, with its title and its empty lines
MINUTES, MEGABYTES = 5, 500
PATIENCE = 60 * 60
LOOK_EVERY = 0.2


@dataclass
class Watched:
    """What was seen while a step went on: of the worker, with what it started, and of the progress it told."""

    seconds: float = 0.0
    megabytes: float = 0.0
    told: set[int] = field(default_factory=set)


def fifty_thousand(visit: Visit) -> Iterator[Result]:
    """Each step as the worker does it, from the click until whoever waits sees the next one."""
    owner, messy = visit.practice.owner, messy_file(size=ROWS)
    with use(visit.practice.tenant):
        before = max(private_megabytes(pid) for pid in visit.house.workers_of("worker"))
        imported = imports.start_import(name="people.csv", content=messy.content, by=owner, at=timezone.now())
        read = _watch(visit, imported, ImportState.MAPPING)
        mapping = replace(imports.suggested(imported, by=owner), country="GB")  # the practice lies in no time zone
        imports.choose_columns(imported=imported, mapping=mapping, by=owner, at=timezone.now())
        checked = _watch(visit, imported, ImportState.CHECKED)
        if imported.counts != {"new": messy.good, "twice": messy.twice, "error": messy.wrong}:
            raise WrongAnswer(f"what was found is {imported.counts}")
        imports.begin_import(imported=imported, by=owner)
        applied = _watch(visit, imported, ImportState.DONE)
        if imported.counts["created"] != messy.good:
            raise WrongAnswer(f"what was done is {imported.counts}")
    yield _result("read from the file", read, before)
    yield _result("looked at, each held against everybody here", checked, before)
    yield _result("looked at once more and registered", applied, before, has_bar=True)


def _watch(visit: Visit, imported: PeopleImport, until: ImportState) -> Watched:
    seen, began = Watched(), time.monotonic()
    with step(f"{ROWS:,} rows until {until}"):
        while True:
            imported.refresh_from_db()
            seen.seconds = time.monotonic() - began
            if imported.state == until:
                return seen
            if imported.problem or seen.seconds > PATIENCE:
                raise WrongAnswer(f"{imported.state} after {seen.seconds:.0f} s: {imported.problem}")
            seen.told.add(imports.check_progress(imported).done)
            seen.megabytes = max(seen.megabytes, *_each(visit.house.workers_of("worker"), private_megabytes))
            time.sleep(LOOK_EVERY)


def _each(pids: list[int], measure: Callable[[int], float]) -> Iterator[float]:
    for pid in pids:
        with suppress(OSError, ValueError):  # it has ended meanwhile
            yield measure(pid)


def _result(what: str, seen: Watched, before: float, *, has_bar: bool = False) -> Result:
    """Put the time of the whole step where other rows have those of requests."""
    whole = seen.seconds * 1000
    memory = f"largest process {before:.0f} → {seen.megabytes:.0f} MB"
    return Result(
        row="18",
        what=f"{ROWS:,} rows of a messy file: {what}, progress told {len(seen.told)} times",
        bar=f"≤ {MINUTES} min, ≤ {MEGABYTES} MB" if has_bar else "",
        measured=f"{seen.seconds:.0f} s, {ROWS / seen.seconds:,.0f} rows/s, {memory}",
        met=seen.seconds <= MINUTES * 60 and seen.megabytes <= MEGABYTES if has_bar else None,
        p50=whole,
        p95=whole,
        worst=whole,
    )
