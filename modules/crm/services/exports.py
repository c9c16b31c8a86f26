"""Take lists of people along as files. Who is in one goes into the log."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from audit import recording as audit
from modules.crm.domain import address_cards
from modules.crm.domain.subjects import subject_of
from modules.crm.models import Patient
from modules.crm.selectors import exports
from modules.crm.selectors.cards import cards_of
from modules.crm.services.imports.labels import labels_for
from tenancy import current_tenant

WRITERS: dict[str, Callable[..., None]] = {"csv": exports.write_csv, "xlsx": exports.write_xlsx}
MEDIA_TYPES = {
    "vcf": address_cards.MEDIA_TYPE,
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def exported_columns(seen_by: Any) -> dict[str, str]:
    """Return the fields that a list has for somebody, and what they are called."""
    labels = labels_for(subject_of(current_tenant().vertical))
    return {field: labels[field] for field in exports.exported_fields(labels, seen_by=seen_by)}


def export_people(*, people: Any, kind: str, by: Any) -> io.BytesIO:
    """Return a file, a `csv`, an `xlsx` or a `vcf`, with what `by` may see of these patients, written part by part."""
    columns = exported_columns(by)
    out = io.BytesIO()  # 50,000 people are some megabytes
    ids = list(people.values_list("pk", flat=True))
    if kind == "vcf":
        _write_cards(out, ids, by=by)
    else:
        WRITERS[kind](out, headers=list(columns.values()), rows=_rows(ids, list(columns), by=by))
    out.seek(0)
    return out


def _write_cards(out: io.BytesIO, ids: list[Any], *, by: Any) -> None:
    for people in exports.people_in_parts(ids):
        audit.listed(what=Patient, subjects=[patient.pk for patient in people], by=by, how="exported")
        out.writelines(address_cards.write_card(card).encode() for card in cards_of(people))


def _rows(ids: list[Any], fields: list[str], *, by: Any) -> Iterator[list[str]]:
    for people in exports.people_in_parts(ids):
        audit.listed(what=Patient, subjects=[patient.pk for patient in people], by=by, how="exported")
        yield from (exports.cells_of(patient, fields) for patient in people)
