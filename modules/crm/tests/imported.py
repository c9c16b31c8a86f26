"""Take a file through the steps of an import, as a worker and somebody at the desk would."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from identity.models import User
from modules.crm.models import PeopleImport
from modules.crm.services import imports

STEPS = {
    "READING": imports.read_rows,
    "CHECKING": imports.check_rows,
    "IMPORTING": imports.apply_import,
    "UNDOING": imports.undo_import,
}


def work(imported: PeopleImport, *, at: datetime) -> PeopleImport:
    """Do the step that an import is at."""
    imported.refresh_from_db()
    STEPS[imported.state](import_id=imported.pk, at=at)
    imported.refresh_from_db()
    return imported


def checked(content: bytes | str, *, by: User, at: datetime, **mapping: Any) -> PeopleImport:
    """Return an import whose rows were checked, with the columns as they were guessed."""
    content = content.encode() if isinstance(content, str) else content
    imported = work(imports.start_import(name="people.csv", content=content, by=by, at=at), at=at)
    assert imported.state == "MAPPING", imported.problem
    chosen = replace(imports.suggested(imported, by=by), **mapping)
    imports.choose_columns(imported=imported, mapping=chosen, by=by, at=at)
    return work(imported, at=at)


def imported_from(content: bytes | str, *, by: User, at: datetime, **mapping: Any) -> PeopleImport:
    imported = checked(content, by=by, at=at, **mapping)
    imports.begin_import(imported=imported, by=by)
    return work(imported, at=at)


def undone(imported: PeopleImport, *, by: User, at: datetime) -> PeopleImport:
    imports.begin_undoing(imported=imported, by=by, at=at)
    return work(imported, at=at)
