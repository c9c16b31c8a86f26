"""Lists of people as files: what the reader may see of them, by the fields that an import knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import IO, Any
from uuid import UUID

import xlsxwriter

from access.fields import hidden_fields
from kernel.cells import csv_lines
from modules.crm.domain.imports.fields import ADDRESS
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.models import Client, Patient
from tenancy import current_tenant

CHUNK = 1000
WHOLE_NAMES = {"full_name", "owner_name"}  # they stand in their parts
OF_CLIENT = {"client_tax_code": "tax_code", "organisation": "organisation"}


def exported_fields(labels: Mapping[str, str], *, seen_by: Any) -> list[str]:
    """Return the fields that somebody may see, of those that have a name here."""
    hidden = hidden_fields(seen_by, Patient) | {f"client_{name}" for name in hidden_fields(seen_by, Client)}
    return [field for field in labels if field not in WHOLE_NAMES | {"weight"} | hidden]


def people_in_parts(ids: Sequence[UUID]) -> Iterator[list[Patient]]:
    """Give these patients in their order, some at a time."""
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = Patient.objects.select_related("client").prefetch_related("client__contact_points")
        found = rows.in_bulk(part)
        yield [found[pk] for pk in part if pk in found]


def cells_of(patient: Patient, fields: Sequence[str]) -> list[str]:
    subject = subject_of(current_tenant().vertical)
    return [_text(_value(patient, field, subject)) for field in fields]


def write_csv(out: IO[bytes], *, headers: Sequence[str], rows: Iterator[list[str]]) -> None:
    """Write a table that no spreadsheet runs anything of."""
    out.writelines(line.encode() for line in csv_lines(chain([headers], rows)))


def write_xlsx(out: IO[bytes], *, headers: Sequence[str], rows: Iterator[list[str]]) -> None:
    """Write a table whose cells are all texts: a phone keeps its plus, and nothing is a formula."""
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        _write_row(sheet, 0, headers)
        for number, row in enumerate(rows, start=1):
            _write_row(sheet, number, row)


def _write_row(sheet: Any, number: int, cells: Sequence[str]) -> None:
    for place, cell in enumerate(cells):
        sheet.write_string(number, place, cell)


def _value(patient: Patient, field: str, subject: Subject) -> Any:
    client = patient.client
    if field in ADDRESS:
        return getattr(client, field)
    if field in OF_CLIENT:
        return getattr(client, OF_CLIENT[field])
    if field.startswith("owner_"):
        return getattr(client, field.removeprefix("owner_"))
    if subject is Subject.CUSTOMER and client.organisation and field in ("first_name", "last_name"):
        return getattr(client, field)  # whom to ask for there: the firm has a column of its own
    return getattr(patient, field)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value in (None, "unknown") else str(value)
