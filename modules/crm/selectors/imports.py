"""What pages and the API say of an import's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kernel.cells import csv_lines
from modules.crm.models import ImportedRow, Outcome, Patient, PeopleImport
from modules.crm.selectors.duplicates import REASON_LABELS

# What tells one row from another, and no more: the rest of a row is for whoever sent the file.
TOLD = (
    "first_name",
    "last_name",
    "full_name",
    "organisation",
    "owner_name",
    "owner_first_name",
    "owner_last_name",
    "birth_date",
    "phone",
    "email",
)
UNREADABLE_CARD = "unreadable-card"


class RowShown(NamedTuple):
    row: ImportedRow
    texts: list[str]
    problems: list[tuple[str, list[str]]]  # the header of the column, and what is wrong
    known: Patient | None
    reasons: list[str]


def rows_of(imported: PeopleImport, *, outcome: str = "", kept: bool = False) -> QuerySet[ImportedRow]:
    rows = ImportedRow.objects.filter(imported=imported).order_by("number")
    if kept:
        return rows.exclude(kept="")
    return rows.filter(outcome=outcome) if outcome else rows


def rows_shown(imported: PeopleImport, rows: Sequence[ImportedRow], *, seen_by: Any) -> list[RowShown]:
    """Return rows as they are shown: who they are about, what is wrong, and who that is here already."""
    ids = [pk for row in rows if (pk := row.matched_id or row.patient_id)]
    known = Patient.objects.visible_to(seen_by).select_related("client").filter(pk__in=ids).in_bulk()
    return [
        RowShown(
            row,
            _texts(imported, json.loads(row.cells)),
            problems_shown(imported, row),
            known.get(pk) if (pk := row.matched_id or row.patient_id) else None,
            [str(REASON_LABELS[reason]) for reason in row.reasons if not reason.startswith("other_")],
        )
        for row in rows
    ]


def problems_shown(imported: PeopleImport, row: ImportedRow) -> list[tuple[str, list[str]]]:
    if row.problems == UNREADABLE_CARD:
        return [("", [_("This card is damaged: it cannot be read.")])]
    found: Mapping[str, list[str]] = json.loads(row.problems) if row.problems else {}
    return [(_header_of(imported, field), sentences) for field, sentences in found.items()]


def errors_as_csv(imported: PeopleImport) -> str:
    """Return the rows that cannot be imported as they came, with a column that says why."""
    lines: list[list[str]] = [[*imported.headers, _("What is wrong")]]
    for row in rows_of(imported, outcome=Outcome.ERROR).iterator(chunk_size=500):
        said = "; ".join(
            f"{header}: {' '.join(sentences)}" if header else " ".join(sentences)
            for header, sentences in problems_shown(imported, row)
        )
        lines.append([*json.loads(row.cells), said])
    return "".join(csv_lines(lines))


def _texts(imported: PeopleImport, cells: Sequence[str]) -> list[str]:
    places = {field: int(place) for place, field in imported.columns.items()}
    return [cells[places[field]] for field in TOLD if field in places and cells[places[field]]]


def _header_of(imported: PeopleImport, field: str) -> str:
    place = next((place for place, each in imported.columns.items() if each == field), None)
    return imported.headers[int(place)] if place is not None else ""
