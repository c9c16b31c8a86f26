"""Give a tenant everything that is theirs, in one file and in open formats.

The file is made by a job, bit by bit, straight into the tenant's files. It shows one moment. A job that dies is done
again from the start; what it had written is discarded, and nobody is offered half a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.shelves import Writer
from filestore.storage import discard, new_key, prefix_of, writing
from jobs.outbox import later
from jobs.relay import prolong_lease
from kernel.errors import Conflict
from notify.sending import send
from tenancy import TenantRef, use
from tenants.life import manifest
from tenants.life.archive import CHUNK, ArchiveWriter, Entry
from tenants.life.models import Export, ExportState
from tenants.life.snapshot import Snapshot, snapshot_of
from tenants.life.tables import Table, exported_tables

KEPT_FOR = timedelta(days=3)
ATTEMPTS = 5
TELL_EVERY = 1.0  # seconds
FILE_STEPS = 20  # a file is as much work as so many rows
Step = Callable[[int], None]
README = Path(__file__).parent / "FORMAT.md"


class ExportUnderWay(Conflict):
    """One at a time: the next would show the same."""

    code = "export-under-way"


class File(NamedTuple):
    key: str
    entry: str  # where it is in the archive: below its key, under the name that people know it by

    @classmethod
    def named(cls, tenant: TenantRef, key: str, name: str) -> File:
        return cls(key, f"files/{key.removeprefix(prefix_of(tenant.id))}/{get_valid_filename(name)}")


class NoLongerOurs(RuntimeError):
    """Another attempt at the same export has begun, or the export was withdrawn."""


class BusyElsewhere(RuntimeError):
    """Another worker is at this export."""


def request_export(*, tenant: TenantRef, by: Any, at: datetime) -> Export:
    """Have everything of a tenant put into one file; whoever asked is told by e-mail. Raises `ExportUnderWay`.

    Called in the tenant's room, or outside of any transaction.
    """
    with use(tenant), transaction.atomic():
        try:
            with transaction.atomic():
                export = Export.objects.create(asked_by_id=by.pk, asked_by_name=str(by), asked_at=at)
        except IntegrityError:
            raise ExportUnderWay(_("An export is being made. Wait until it is ready.")) from None
        audit.record(action="life.export.requested", of=export, by=by)
        _make_later(export)
    return export


def make_export(*, export_id: UUID, tenant: TenantRef, at: datetime) -> None:
    """Make the file of an export, from the start. Called outside of a transaction, in the tenant's room.

    Asked for one that is made, it does nothing. Raises `BusyElsewhere`, and whatever went wrong, until it has been
    tried too often.
    """
    with snapshot_of(tenant) as snapshot:
        if not snapshot.is_alone(export_id):
            raise BusyElsewhere
        export = _begin(export_id, as_of=snapshot.moment())
        if export is None:
            return
        try:
            entry = _write(export, tenant, snapshot)
        except NoLongerOurs:
            return
        except Exception as error:
            _note_failure(export, error)
            if export.attempts < ATTEMPTS:
                raise
            return
    _finish(export, entry, at=at)


def discard_export(*, export: Export, by: Any) -> None:
    """Delete the file of an export before its time, or stop one that is being made."""
    with transaction.atomic():
        locked = Export.objects.select_for_update().get(pk=export.pk)
        locked.state = ExportState.EXPIRED
        locked.save(update_fields=["state"])
        audit.record(action="life.export.discarded", of=locked, by=by)
    if locked.key:
        discard(locked.key)


def forget_old_exports(*, at: datetime) -> int:
    """Delete the files of the tenant in use whose time is over. Return how many."""
    old = list(Export.objects.filter(state=ExportState.READY, expires_at__lte=at))
    for export in old:
        discard_export(export=export, by=None)
    return len(old)


def _make_later(export: Export) -> None:
    from tenants.life.tasks import make_export

    later(make_export, export_id=str(export.pk))


@transaction.atomic
def _begin(export_id: UUID, *, as_of: datetime) -> Export | None:
    """Claim the next attempt, and discard what the last one left behind."""
    export = Export.objects.select_for_update().under_way().filter(pk=export_id).first()
    if export is None:
        return None
    if export.key:
        discard(export.key)
    if export.attempts >= ATTEMPTS:  # and not one of them lived to say why
        export.state, export.problem = ExportState.FAILED, "Interrupted"
        export.save(update_fields=["state", "problem"])
        return None
    export.key = new_key("exports")
    export.attempts += 1
    export.state, export.as_of, export.percent, export.problem = ExportState.RUNNING, as_of, 0, ""
    export.save()
    return export


def write_export(*, to: Writer, tenant: TenantRef, at: datetime) -> Entry:
    """Write an export to where one likes, at once and without keeping it. Call outside of a transaction."""
    with use(tenant), snapshot_of(tenant) as snapshot:
        return _write_archive(to, tenant, snapshot, as_of=at, progress=None)


def _write(export: Export, tenant: TenantRef, snapshot: Snapshot) -> Entry:
    work = 2 * sum(map(snapshot.count, exported_tables())) + FILE_STEPS * sum(1 for _ in snapshot.files())
    with writing(export.key) as out:
        return _write_archive(out, tenant, snapshot, as_of=export.as_of, progress=Progress(export, of=work))


def _write_archive(
    out: Writer, tenant: TenantRef, snapshot: Snapshot, *, as_of: datetime | None, progress: Progress | None
) -> Entry:
    facts = manifest.of_tenant(tenant)
    step = progress.step if progress else _no_step
    files = [File.named(tenant, *each) for each in snapshot.files()]
    with ArchiveWriter(out) as archive:
        with archive.entry("README.md") as entry:
            entry.write(README.read_bytes())
        written = [_write_table(archive, snapshot, table, step) for table in exported_tables()]
        missing = [file.entry for file in files if not _write_file(archive, file, step)]
        return archive.close(
            facts
            | {"as_of": as_of, "migrations": snapshot.migrations(), "tables": written}
            | {"missing_files": missing}
        )


def _no_step(by: int = 1) -> None:
    """For an export that nobody watches."""


def _write_table(archive: ArchiveWriter, snapshot: Snapshot, table: Table, step: Step) -> dict[str, Any]:
    rows = 0
    with archive.entry(f"tables/{table.name}.jsonl") as entry:
        for line in snapshot.as_json(table):
            entry.write(f"{line}\n".encode())
            step(1)
            rows += 1
    with archive.entry(f"tables/{table.name}.csv") as entry:
        for line in snapshot.as_csv(table):
            entry.write(line.encode())
            step(1)
    return {"name": table.name, "rows": rows, "columns": table.columns, "left_empty": sorted(table.secret)}


def _write_file(archive: ArchiveWriter, file: File, step: Step) -> bool:
    """Put a file in. False if it is not there: an export is better without it than never."""
    if not default_storage.exists(file.key):
        return False
    with default_storage.open(file.key) as content, archive.entry(file.entry) as entry:
        for chunk in content.chunks(CHUNK):
            entry.write(chunk)
            step(0)
    step(FILE_STEPS)
    return True


class Progress:
    """Says how far an export is, at most once a second, and notices when it is no longer wanted."""

    def __init__(self, export: Export, *, of: int) -> None:
        self.export, self.of = export, max(of, 1)
        self.done, self.told_at = 0, time.monotonic()

    def step(self, by: int = 1) -> None:
        self.done += by
        if time.monotonic() - self.told_at >= TELL_EVERY:
            self._tell()

    def _tell(self) -> None:
        self.told_at = time.monotonic()
        ours = Export.objects.under_way().filter(pk=self.export.pk, attempts=self.export.attempts)
        if not ours.update(percent=min(99 * self.done // self.of, 99)):
            raise NoLongerOurs
        prolong_lease()


def _note_failure(export: Export, error: Exception) -> None:
    is_last = export.attempts >= ATTEMPTS
    state = ExportState.FAILED if is_last else ExportState.RUNNING
    ours = Export.objects.under_way().filter(pk=export.pk, attempts=export.attempts)
    ours.update(state=state, problem=type(error).__name__)


@transaction.atomic
def _finish(export: Export, entry: Entry, *, at: datetime) -> None:
    """Offer the file, unless it was withdrawn at the last moment."""
    ours = Export.objects.select_for_update().under_way().filter(pk=export.pk, attempts=export.attempts).first()
    if ours is None:
        discard(export.key)
        return
    ours.state, ours.percent, ours.size, ours.digest = ExportState.READY, 100, entry.size, entry.sha256
    ours.finished_at, ours.expires_at = at, at + KEPT_FOR
    ours.save()
    send(
        cause=f"life.export-ready:{ours.pk}",
        composer="tenants.life.messages.compose_export_ready",
        about={"export_id": str(ours.pk)},
        at=at,
    )
