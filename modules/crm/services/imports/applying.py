"""Import all rows that can be, in one transaction: whoever looks sees nobody of the file, or everybody."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import recording as audit
from modules.crm.models import Done, ImportedRow, ImportState, Outcome, PeopleImport, Rule
from modules.crm.services.imports.beginning import ROWS_KEPT, at_step, do_later
from modules.crm.services.imports.changing import change_known
from modules.crm.services.imports.progress import reporter
from modules.crm.services.imports.registering import Newcomers
from modules.crm.services.imports.rows import Entry
from modules.crm.services.imports.working import batches_of, keep_rows, look_at_all, reader_for, work_on
from modules.crm.services.registering import chip_taken


@transaction.atomic
def begin_import(*, imported: PeopleImport, by: Any) -> PeopleImport:
    """Have what was checked be imported. Raises `NotNow`."""
    locked = at_step(imported, ImportState.CHECKED)
    locked.state, locked.problem, locked.asked_by_id = ImportState.IMPORTING, "", by.pk
    locked.save(update_fields=["state", "problem", "asked_by_id"])
    do_later(locked)
    return locked


def apply_import(*, import_id: UUID, at: datetime) -> None:
    """Register and change whom the rows are about. Call outside of a transaction.

    Every row is looked at once more: somebody may have been registered since the rows were checked.
    """

    def apply(imported: PeopleImport, by: Any) -> None:
        report = reporter(imported=imported, total=2 * imported.total)
        imported.counts = dict(look_at_all(imported, by=by, on=at.date(), report=report))
        importing = Importing(imported, by=by, at=at)
        for rows in batches_of(imported):
            importing.take(rows)
            report(imported.total + importing.counts.total())
        _finish(imported, importing.counts, by=by, at=at)

    work_on(import_id, at=ImportState.IMPORTING, else_at=ImportState.CHECKED, work=apply)


class Importing:
    """One run through the rows of an import that were looked at."""

    def __init__(self, imported: PeopleImport, *, by: Any, at: datetime) -> None:
        self.rule, self.by, self.at = imported.rule, by, at
        self.reader = reader_for(imported, on=at.date())
        self.newcomers = Newcomers(by=by, at=at)
        self.counts: Counter[str] = Counter()

    def take(self, rows: list[ImportedRow]) -> None:
        wanted = [(row, self.reader.read(json.loads(row.cells))) for row in rows if self._decision(row) != Rule.SKIP]
        self.newcomers.look_for([entry for _row, entry in wanted])
        for row, entry in wanted:
            self._take(row, entry, self._decision(row))
        self.newcomers.register()
        for row in rows:
            row.done = row.done or Done.SKIPPED
        keep_rows(rows)
        self.counts.update(Outcome.ERROR if row.outcome == Outcome.ERROR else row.done for row in rows)

    def _decision(self, row: ImportedRow) -> str:
        """Return what becomes of a row: what somebody said of it, or else the rule."""
        usual = {Outcome.NEW: Rule.CREATE, Outcome.KNOWN: Rule(self.rule)}.get(Outcome(row.outcome), Rule.SKIP)
        return Rule.SKIP if row.outcome == Outcome.ERROR else row.decision or usual

    def _take(self, row: ImportedRow, entry: Entry, decision: str) -> None:
        whose = row.matched_id if decision != Rule.CREATE else None
        if self.newcomers.is_chip_taken(entry.patient.microchip, of=whose):
            row.outcome, row.problems = Outcome.ERROR, json.dumps(chip_taken().fields)
        elif whose is None:
            self.newcomers.add(row, entry)
        else:
            overwrite = decision == Rule.OVERWRITE
            change_known(row=row, entry=entry, patient_id=whose, overwrite=overwrite, by=self.by, at=self.at)


def _finish(imported: PeopleImport, counts: Counter[str], *, by: Any, at: datetime) -> None:
    done = {name: counts[name] for name in (*Done.values, Outcome.ERROR.value) if counts[name]}
    imported.counts = imported.counts | done
    imported.state, imported.imported_at, imported.rows_until = ImportState.DONE, at, at + ROWS_KEPT
    imported.save(update_fields=["counts", "state", "imported_at", "rows_until"])
    told = {name: (None, times) for name, times in done.items()} | {"digest": (None, imported.digest)}
    audit.record(action="crm.peopleimport.done", of=imported, by=by, changes=told)
