"""What is done with files by and by, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from modules.crm.services import draw_preview, scan_version, sweep_documents


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
