"""What every job of an import does around its work."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from identity.models import User
from jobs.relay import prolong_lease
from modules.crm.domain.subjects import subject_of
from modules.crm.models import ImportedRow, ImportState, Outcome, PeopleImport
from modules.crm.services.imports.beginning import BATCH, NotNow, at_step, one_at_a_time
from modules.crm.services.imports.labels import labels_for
from modules.crm.services.imports.matching import Known, Twins, known_of
from modules.crm.services.imports.rows import Entry, Problems, RowReader, RowRefused
from tenancy import current_tenant, use_platform

logger = logging.getLogger(__name__)

PLAIN = ("outcome", "twin", "matched_id", "reasons", "done", "patient_id", "client_id", "weight_id", "kept")
WRITTEN = [*PLAIN, "problems", "before"]
KEEP = """
UPDATE crm_importedrow AS kept SET
    outcome = said.outcome, twin = said.twin, matched_id = said.matched_id, reasons = said.reasons, done = said.done,
    patient_id = said.patient_id, client_id = said.client_id, weight_id = said.weight_id, kept = said.kept,
    problems = '', before = ''
FROM jsonb_to_recordset(%s::jsonb) AS said(
    id uuid, outcome text, twin int, matched_id uuid, reasons jsonb, done text, patient_id uuid, client_id uuid,
    weight_id uuid, kept text
)
WHERE kept.id = said.id AND NOT kept.id = ANY (%s)
"""
UNREADABLE = "unreadable-card"
Work = Callable[[PeopleImport, Any], None]


GIVEN_UP_TO = {  # where an import is that no job goes on with
    ImportState.READING: ImportState.UNREADABLE,
    ImportState.CHECKING: ImportState.MAPPING,
    ImportState.IMPORTING: ImportState.CHECKED,
    ImportState.UNDOING: ImportState.DONE,
}


class NotTheirsAnyMore(PermissionError):
    """Whoever asked may not do it any more."""


def work_on(import_id: UUID, *, at: ImportState, else_at: ImportState, work: Work) -> None:
    """Do a step of an import in one transaction: all of it, or nothing, and then the import is back where it was.

    A second worker at the same step waits for the first one and finds it done. Call outside of a transaction.
    """
    imported = PeopleImport.objects.get(pk=import_id)
    if imported.state != at:
        return
    by = _find_user(imported.asked_by_id)
    try:
        with transaction.atomic():
            one_at_a_time()
            locked = at_step(imported, at)
            prolong_lease()  # and lock the job's row until the end: nobody else is given it, however long this takes
            _check_may(by, locked)
            _plan_anew()
            work(locked, by)
    except NotNow:
        return
    except NotTheirsAnyMore:
        _go_back(imported, at, else_at, "not-allowed")
    except IntegrityError:
        _go_back(imported, at, else_at, "changed-meanwhile")
    except Exception as error:
        _say_what_failed(imported, at, error)
        _go_back(imported, at, else_at, "failed")


def give_up_step(*, import_id: UUID, at: ImportState) -> None:
    """Say of an import that its step was tried often enough. Nothing of the step was done."""
    imported = PeopleImport.objects.get(pk=import_id)
    _go_back(imported, at, GIVEN_UP_TO[at], "failed")


def batches_of(imported: PeopleImport, **which: Any) -> Iterator[list[ImportedRow]]:
    """Give the rows of an import in their order, some at a time: all of them at once would be too much."""
    last = 0
    while True:
        rows = ImportedRow.objects.filter(imported=imported, number__gt=last, **which).order_by("number")
        batch = list(rows[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].number


def keep_rows(rows: list[ImportedRow]) -> None:
    """Save what was found out and done of many rows, in a statement or two.

    Sealed texts go with their row as a whole, which takes longer, and few rows have one.
    """
    sealed = [row for row in rows if row.problems or row.before]
    ImportedRow.objects.bulk_create(sealed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    plain = [{"id": row.pk} | {name: getattr(row, name) for name in PLAIN} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [json.dumps(plain, default=str), [row.pk for row in sealed]])


class Looking:
    """Reads rows, and finds out what would become of each."""

    def __init__(self, imported: PeopleImport, *, by: Any, on: date) -> None:
        self.reader, self.by, self.twins = reader_for(imported, on=on), by, Twins()

    def look_at(self, rows: list[ImportedRow]) -> None:
        """Write into each row what was found, and save it."""
        entries = [self._read(row) for row in rows]
        read = [(row, entry) for row, entry in zip(rows, entries, strict=True) if entry is not None]
        found = known_of([entry for _row, entry in read], seen_by=self.by)
        for (row, entry), known in zip(read, found, strict=True):
            self._find(row, entry, known)
        keep_rows(rows)

    def _read(self, row: ImportedRow) -> Entry | None:
        row.twin, row.matched_id, row.reasons = None, None, []
        if row.problems == UNREADABLE:
            row.outcome = Outcome.ERROR
            return None
        row.problems = ""
        try:
            return self.reader.read(json.loads(row.cells))
        except RowRefused as refused:
            row.outcome, row.problems = Outcome.ERROR, json.dumps(refused.problems)
            return None

    def _find(self, row: ImportedRow, entry: Entry, known: Known | None) -> None:
        row.twin = self.twins.first_of(entry, row.number)
        row.outcome = Outcome.TWICE if row.twin else Outcome.KNOWN if known else Outcome.NEW
        if known:
            row.matched_id, row.reasons = known.patient.pk, known.reasons


def look_at_all(imported: PeopleImport, *, by: Any, on: date, report: Callable[[int], None]) -> Counter[str]:
    """Find out of every row whether it can be imported, and whom it is about. Return how many of which there are."""
    looking, counts = Looking(imported, by=by, on=on), Counter[str]()
    for rows in batches_of(imported):
        looking.look_at(rows)
        counts.update(row.outcome for row in rows)
        report(counts.total())
    return counts


def reader_for(imported: PeopleImport, *, on: date) -> RowReader:
    return RowReader(
        columns={int(place): field for place, field in imported.columns.items()},
        subject=subject_of(current_tenant().vertical),
        day_first=imported.day_first,
        country=imported.country,
        on=on,
    )


def problems_of(row: ImportedRow) -> Problems:
    """Return what is wrong with a row, in sentences by field."""
    if not row.problems or row.problems == UNREADABLE:
        return {}
    problems: Problems = json.loads(row.problems)
    return problems


def _plan_anew() -> None:
    """Have Postgres plan anew what triggers ask for each row: a plan of when the tables were small reads all of them,
    and does so for each of tens of thousands."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")


def _find_user(user_id: UUID) -> Any:
    with use_platform():
        return User.objects.filter(pk=user_id, is_active=True).first()


def _check_may(by: Any, imported: PeopleImport) -> None:
    fields = labels_for(subject_of(current_tenant().vertical), of=by) if by else {}
    if by is None or not by.has_perm("crm.import_people") or set(imported.columns.values()) - set(fields):
        raise NotTheirsAnyMore


def _go_back(imported: PeopleImport, at: ImportState, to: ImportState, problem: str) -> None:
    PeopleImport.objects.filter(pk=imported.pk, state=at).update(state=to, problem=problem)


def _say_what_failed(imported: PeopleImport, at: ImportState, error: Exception) -> None:
    """Log the kind of error alone: what it says may be of somebody's row."""
    logger.error("Step %s of import %s failed: %s", at, imported.pk, type(error).__name__)
