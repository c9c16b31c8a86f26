"""How far the job is that works on an import. It is told beside the database: nobody sees into a transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from django.core.cache import cache

from modules.crm.models import PeopleImport
from tenancy import current_tenant

KEPT = 24 * 60 * 60  # seconds
STALLED = 60  # seconds without a sign of life: the worker was stopped


class Progress(NamedTuple):
    done: int
    total: int
    is_stalled: bool

    @property
    def percent(self) -> int:
        return min(100 * self.done // self.total, 99) if self.total else 0


def reporter(*, imported: PeopleImport, total: int) -> Callable[[int], None]:
    """Return what to tell how many rows are done."""

    def report(done: int) -> None:
        cache.set(_key(imported.pk), (done, total, time.time()), timeout=KEPT)

    report(0)
    return report


def check_progress(imported: PeopleImport) -> Progress:
    """Return how far an import is, and whether its job gave no sign of life for a while."""
    done, total, told_at = cache.get(_key(imported.pk)) or (0, imported.total, None)
    return Progress(done, total, told_at is not None and time.time() - told_at > STALLED)


def forget_progress(imported: PeopleImport) -> None:
    cache.delete(_key(imported.pk))


def _key(import_id: UUID) -> str:
    return f"{current_tenant().schema_name}:people-import:{import_id}"
