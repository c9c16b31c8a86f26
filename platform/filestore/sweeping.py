"""Hold the storage to the database: what a process left behind that died between the two is found and removed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from filestore.models import StoredFile
from filestore.storage import discard, keys_of
from kernel.ids import moment_of

logger = logging.getLogger(__name__)

YOUNG = timedelta(days=1)  # so long somebody may still be busy with it


class Swept(NamedTuple):
    """How many files nobody knew of were removed, and how many are known and not there, which must never be."""

    removed: int
    missing: int


def sweep(*, kinds: tuple[str, ...], at: datetime) -> Swept:
    """Remove files of the tenant in use, of these kinds, that no row knows and that are older than a day."""
    removed = missing = 0
    for kind in kinds:
        # The rows are read first: a file that is stored meanwhile is young, and none is ever removed that has a row.
        known = set(StoredFile.objects.filter(key__contains=f"/{kind}/").values_list("key", flat=True))
        kept = set(keys_of(kind))
        for key in kept - known:
            if moment_of(key) < at - YOUNG:
                discard(key)
                removed += 1
        missing += len(known - kept)
    if missing:
        logger.error("%d stored files are in the database and not in the storage.", missing)
    return Swept(removed, missing)
