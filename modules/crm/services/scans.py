"""What is found out about a file after it came: whether there is a virus in it, and what it looks like."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from access.models import Member, Role
from audit import recording as audit
from filestore.checking import make_preview
from filestore.inspection import JPEG
from filestore.scanning import Verdict, scanner
from filestore.storage import read_file, store_file
from filestore.sweeping import Swept, sweep
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.events import DocumentCleared, DocumentReceived
from modules.crm.models import OPENABLE, DocumentVersion, ScanState
from modules.crm.services.documents import FILES
from modules.crm.services.exercises import PICTURES
from modules.crm.services.taking.making import FILES as TAKEN
from notify.sending import send

PREVIEWS = "previews"  # the folder
ASKED_AGAIN = 500  # versions in a sweep: the rest has its turn the next time


@transaction.atomic
def scan_version(*, version_id: UUID, at: datetime) -> ScanState:
    """Look for viruses in a file, and let it be opened if there is none. Where nobody scans, it says so and is opened.

    Raises `ScannerFailed`: then it waits, and the job comes again. Asked again of what was looked into, it does
    nothing.
    """
    version = lock_row(DocumentVersion.objects.select_related("document", "file"), version_id, no_key=True)
    before, port = ScanState(version.scan_state), scanner()
    if before in {ScanState.CLEAN, ScanState.INFECTED} or (before is ScanState.UNSCANNED and port is None):
        return before
    verdict = port.scan(read_file(version.file)) if port else None
    version.scan_state = _state_after(verdict)
    if verdict is not None:
        version.scanned_at, version.scanner, version.finding = at, verdict.scanner, verdict.finding
    version.save(update_fields=["scan_state", "scanned_at", "scanner", "finding"])
    _note(version, before, at=at)
    return ScanState(version.scan_state)


@transaction.atomic
def draw_preview(*, version_id: UUID) -> None:
    """Keep a small picture of a file that can be opened: of a PDF its first page. Asked again, it does nothing."""
    version = lock_row(DocumentVersion.objects.select_related("document", "file"), version_id, no_key=True)
    if version.preview_id is not None or not version.can_be_opened:
        return
    picture = make_preview(read_file(version.file), media_type=version.file.media_type)
    if picture is not None:
        version.preview = store_file(name="preview.jpg", content=picture, media_type=JPEG, kind=PREVIEWS)
        version.save(update_fields=["preview"])


@transaction.atomic
def sweep_documents(*, at: datetime) -> Swept:
    """Remove files that no row knows of, and have looked into what still waits, or was never scanned and now can be."""
    waiting = [ScanState.WAITING, *([ScanState.UNSCANNED] if scanner() else [])]
    rows = DocumentVersion.objects.filter(scan_state__in=waiting).order_by("added_at")
    for version_id in rows.values_list("pk", flat=True)[:ASKED_AGAIN]:
        publish(DocumentReceived(version_id=version_id))
    return sweep(kinds=(FILES, PREVIEWS, PICTURES, TAKEN), at=at)


def _state_after(verdict: Verdict | None) -> ScanState:
    if verdict is None:
        return ScanState.UNSCANNED
    return ScanState.INFECTED if verdict.is_infected else ScanState.CLEAN


def _note(version: DocumentVersion, before: ScanState, *, at: datetime) -> None:
    state = ScanState(version.scan_state)
    changes = {"scan_state": (before.value, state.value), "finding": (None, version.finding or None)}
    action = "infected" if state is ScanState.INFECTED else "scanned"
    audit.record(action=f"crm.document.{action}", of=version.document, by=None, changes=changes)
    if state in OPENABLE and before not in OPENABLE:
        publish(DocumentCleared(version_id=version.pk))
    if state is ScanState.INFECTED:
        _warn(version, at=at)


def _warn(version: DocumentVersion, *, at: datetime) -> None:
    """Write to whoever sent the file, and to the owners."""
    told = Member.objects.current().filter(role=Role.OWNER) | Member.objects.current().of_user(version.by_id)
    for member in told.distinct():
        send(
            cause=f"crm.infected:{version.pk}:{member.pk}",
            composer="modules.crm.messages.compose_infected",
            about={"version_id": str(version.pk), "member_id": str(member.pk)},
            at=at,
        )
