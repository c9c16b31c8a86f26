"""Bring every tenant's schema to this release: a few first, then the others side by side, each by itself.

One that fails is noted and does not stop the others. The run may be broken off anywhere and begun again: what a schema
has is read from the schema.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from uuid import UUID

from django.db import OperationalError, connection
from django.db.models.functions import Now

from tenancy import catalog, use_platform
from tenants import levels, readings, scripts
from tenants.failures import in_words, is_busy
from tenants.models import BUILT, Level, Tenant
from tenants.scripts import Script
from tenants.survey import Room, survey
from tenants.turns import one_at_a_time

WORKERS = 4
FIRST = 3  # so many of a level go ahead, one by one; if none of them succeeds the others are left as they are
ATTEMPTS = 5  # at a schema that somebody else holds a lock in
PAUSE = 0.5  # seconds before the second attempt, more or less; doubled before each further one

NO_SCHEMA = "There is no schema, or it has no list of migrations."
HELD_BACK = "Not tried: of the same level, all that went ahead failed."


class AlreadyMigrating(RuntimeError):
    """Another process migrates the tenants right now."""


@dataclass
class Report:
    """Schemas by what became of them; for those that failed, why."""

    migrated: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def migrate_tenants(*, workers: int = WORKERS, log: Callable[[str], object] = lambda line: None) -> Report:
    """Migrate each tenant that lacks something this code has. Raises `AlreadyMigrating`."""
    with one_at_a_time("tenants.migrating") as is_ours:
        if not is_ours:
            raise AlreadyMigrating("The tenants are being migrated by another process.")
        run = _Run(workers, log)
        try:
            for rooms in _by_level(survey(), run):
                run.migrate_alike(rooms)
        finally:
            catalog.changed()
        return run.report


def catch_up(tenant: Tenant) -> None:
    """Migrate this one tenant, if it lacks something: its opening began under an earlier release."""
    with use_platform():
        lacks_something = tenant.level is not None and levels.lacking(tenant.level.migrations)
    if lacks_something:
        _note_success(tenant.pk, _by_django(tenant.schema_name))


def _by_level(rooms: Sequence[Room], run: _Run) -> list[list[Room]]:
    """Return the rooms that lack something, those of the same level together."""
    with use_platform():
        known = {level.pk: level.migrations for level in Level.objects.filter(pk__in={room.level for room in rooms})}
    groups: dict[str, list[Room]] = defaultdict(list)
    for room in rooms:
        if room.level is not None and levels.lacking(known[room.level]):
            groups[room.level].append(room)
        elif room.level is not None:
            run.report.current.append(room.schema_name)
        elif room.state in BUILT:
            run.fail(room, NO_SCHEMA)
    return list(groups.values())


@dataclass
class _Run:
    workers: int
    log: Callable[[str], object]
    report: Report = field(default_factory=Report)

    def migrate_alike(self, rooms: list[Room]) -> None:
        """Migrate schemas of one level: the first few by Django until one succeeds, the others as that one went."""
        script: Script | None = None
        for room in rooms[:FIRST]:
            script = self.attempt(room, partial(scripts.repeat, script) if script else _by_django) or script
        if script is not None:
            self._share_out(rooms[FIRST:], script)
            return
        for room in rooms[FIRST:]:
            self.fail(room, HELD_BACK)

    def attempt(self, room: Room, migrate: Callable[[str], Script]) -> Script | None:
        """Migrate one schema. Return how, or None if it failed."""
        try:
            script = _patiently(partial(migrate, room.schema_name))
        except Exception as error:  # a data migration may raise anything; the others shall go on
            connection.close_if_unusable_or_obsolete()
            self.fail(room, in_words(error))
            return None
        _note_success(room.tenant_id, script)
        self.report.migrated.append(room.schema_name)
        return script

    def fail(self, room: Room, reason: str) -> None:
        self.report.failed[room.schema_name] = reason
        _note_failure(room, reason)
        self.log(f"{room.schema_name}: {reason}")

    def _share_out(self, rooms: list[Room], script: Script) -> None:
        waiting = SimpleQueue[Room]()
        for room in rooms:
            waiting.put(room)
        if self.workers == 1 or len(rooms) < 2:
            self._work(waiting, script)
            return
        with ThreadPoolExecutor(min(self.workers, len(rooms))) as pool:
            try:
                for worker in [pool.submit(self._work_apart, waiting, script) for _ in range(self.workers)]:
                    worker.result()
            finally:  # broken off: each ends what it is at
                _empty(waiting)

    def _work_apart(self, waiting: SimpleQueue[Room], script: Script) -> None:
        try:
            self._work(waiting, script)
        finally:
            connection.close()

    def _work(self, waiting: SimpleQueue[Room], script: Script) -> None:
        while not waiting.empty():
            try:
                room = waiting.get_nowait()
            except Empty:
                return
            self.attempt(room, partial(scripts.repeat, script))


def _by_django(schema_name: str) -> Script:
    script = scripts.migrate_by_django(schema_name)
    with use_platform():
        Level.of(script.after)
    return script


def _patiently(migrate: Callable[[], Script]) -> Script:
    """Try again while somebody holds a lock there, after pauses that no two schemas share."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return migrate()
        except OperationalError as error:
            if not is_busy(error):
                raise
        time.sleep(PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
    return migrate()


def _note_success(tenant_id: UUID, script: Script) -> None:
    with use_platform():
        Tenant.objects.filter(pk=tenant_id).update(
            level=levels.digest(script.after), migrated_at=Now(), migration_error="", migration_failed_at=None
        )


def _note_failure(room: Room, reason: str) -> None:
    """Note why, and how far it came: Django may have finished some of several migrations."""
    level = readings.digests_of([room.schema_name]).get(room.schema_name)
    if level is not None and level != room.level:
        migrations = readings.level_of(room.schema_name)
        with use_platform():
            Level.of(migrations)
    with use_platform():
        Tenant.objects.filter(pk=room.tenant_id).update(level=level, migration_error=reason, migration_failed_at=Now())


def _empty(waiting: SimpleQueue[Room]) -> None:
    while True:
        try:
            waiting.get_nowait()
        except Empty:
            return
