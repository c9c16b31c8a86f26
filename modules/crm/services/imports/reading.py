"""Read a file into rows, by a process that has nothing to lose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from filestore.storage import read_file
from modules.crm.domain.imports.tables import Row
from modules.crm.models import ImportedRow, ImportState, PeopleImport
from modules.crm.services.imports.beginning import BATCH, NotNow, at_step
from modules.crm.services.imports.progress import reporter

WAIT_SECONDS = 120
TOLD = ("headers", "kind", "encoding", "sheet", "other_sheets")
SENTENCES = {
    "empty": _("There is nothing in this file."),
    "only-headers": _("There are headers in this file, and no rows below them."),
    "unknown": _("This is neither a table (CSV, Excel, OpenDocument) nor an address book (vCard)."),
    "encoding": _("The letters of this file cannot be read so. Save it as “CSV UTF-8” and try again."),
    "quotes": _("A quotation mark is opened in this file and never closed. Save it anew from a spreadsheet."),
    "password": _("This file asks for a password. Save it without one and try again."),
    "too-many-rows": _("This file has more than 50,000 rows. Split it."),
    "too-many-columns": _("This file has more than 200 columns. Remove those that are not about people."),
    "failed": _("This went wrong on our side, though it was tried several times. Send the file again."),
    "too-much": _("This file takes too much to open. Save it anew, or smaller."),
}


class NotATable(ValueError):
    """`str(error)` is a word of `SENTENCES`."""


def read_rows(*, import_id: UUID, at: datetime) -> None:
    """Read the file of an import: its rows are kept, or what is wrong with it. Read once, it is not read again."""
    imported = PeopleImport.objects.select_related("file").get(pk=import_id)
    if imported.state != ImportState.READING or imported.file is None:
        return
    content = read_file(imported.file)
    try:
        with opened(content, encoding=imported.encoding) as told, transaction.atomic():
            _keep(imported, told)
    except NotATable as problem:
        PeopleImport.objects.filter(pk=import_id, state=ImportState.READING).update(
            state=ImportState.UNREADABLE, problem=str(problem)
        )
    except NotNow:
        return  # another worker was quicker


def sentence_of(problem: str) -> str:
    return str(SENTENCES.get(problem, SENTENCES["unknown"]))


def table_in(content: bytes, *, most_rows: int) -> tuple[list[str], list[Row]]:
    """Return the headers and the rows of a small file: CSV or a spreadsheet. Raises `NotATable`."""
    with opened(content, most_rows=most_rows) as told:
        about = json.loads(told.readline())
        if "problem" in about:
            raise NotATable(about["problem"])
        return about["headers"], [Row(*json.loads(line)) for line in told]


def _keep(imported: PeopleImport, told: IO[bytes]) -> None:
    about: dict[str, Any] = json.loads(told.readline())
    if "problem" in about:
        raise NotATable(about["problem"])
    locked = at_step(imported, ImportState.READING)
    ImportedRow.objects.filter(imported=locked).delete()
    report, total = reporter(imported=locked, total=0), 0
    rows = map(json.loads, told)
    while batch := list(islice(rows, BATCH)):
        ImportedRow.objects.bulk_create([_row(locked, *each) for each in batch])
        total += len(batch)
        report(total)
    for name in TOLD:
        setattr(locked, name, about[name])
    locked.total, locked.state = total, ImportState.MAPPING
    locked.save(update_fields=[*TOLD, "total", "state"])


def _row(imported: PeopleImport, number: int, cells: list[str], problem: str) -> ImportedRow:
    return ImportedRow(imported=imported, number=number, cells=json.dumps(cells), problems=problem)


@contextmanager
def opened(content: bytes, **wanted: Any) -> Iterator[IO[bytes]]:
    """Have a process of its own read a file, as `read_table` is asked to; give what it wrote, a line about the table
    and then its rows. Raises `NotATable`."""
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as told:
        file.write(json.dumps(wanted).encode() + b"\n" + content)
        file.seek(0)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "modules.crm.domain.imports.reading"],
                stdin=file,
                stdout=told,
                stderr=subprocess.PIPE,
                timeout=WAIT_SECONDS,
                cwd=settings.BASE_DIR,
                env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},  # and no secrets
            )
        except subprocess.TimeoutExpired:
            raise NotATable("too-much") from None
        if done.returncode != 0:
            raise NotATable("too-much" if done.returncode < 0 or b"MemoryError" in done.stderr else "unknown")
        told.seek(0)
        yield told
