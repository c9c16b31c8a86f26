"""What is done with files by and by, and with what people are found by, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from jobs.outbox import later
from modules.crm.services import draw_preview, scan_version, search_keys, sweep_documents


@actor(max_attempts=40)
def scan_document(*, version_id: str, **_: Any) -> None:
    """A scanner that is away for days is waited for: until it has spoken, the file stays shut."""
    scan_version(version_id=UUID(version_id), at=timezone.now())


@actor()
def preview_document(*, version_id: str, **_: Any) -> None:
    draw_preview(version_id=UUID(version_id))


@actor()
def sweep_files(**_: Any) -> None:
    sweep_documents(at=timezone.now())


@actor()
def renew_search_keys(**_: Any) -> None:
    """Renew what nobody has since it changed: some at a time, so that none of it waits for all of it."""
    if search_keys.renew_stale_keys() == search_keys.BATCH:
        later(renew_search_keys)
