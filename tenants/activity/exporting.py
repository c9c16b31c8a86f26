"""The log as a file: what was filtered, for a spreadsheet or a program. The export is itself logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from audit.recording import SEALED, record_of_log
from identity.models import User
from kernel.cells import csv_lines
from tenancy import TenantRef, use
from tenants.activity.selecting import Filters, entries_for
from tenants.activity.telling import LOG_EXPORTED, Line, read_all

ORIGIN = ("ip", "user_agent", "request_id", "job", "operator_id", "support_id")
COLUMNS = (
    "at", "who", "role", "action", "sentence", "object_type", "object_id", "subject_id", "field", "old", "new", *ORIGIN,
    "id",
)  # fmt: skip


def stream(tenant: TenantRef, filters: Filters, *, file_format: str, reader: User) -> StreamingHttpResponse:
    """Return the log as a file that is written while it is fetched, and note that it was, and by which filters."""
    changes = {"filters": (None, filters.plain() | {"format": file_format})}
    record_of_log(action=LOG_EXPORTED, by=reader, changes=changes)
    media_type, write = FORMATS[file_format]
    headers = {"Content-Disposition": f'attachment; filename="activity-{tenant.subdomain}.{file_format}"'}
    return StreamingHttpResponse(write(tenant, filters, reader=reader), content_type=media_type, headers=headers)


def as_csv(tenant: TenantRef, filters: Filters, *, reader: User) -> Iterator[str]:
    """Give the file line by line: one for each changed field, one for whatever changed none."""
    changes = (
        _row(line, field, old, new)
        for line in _lines(tenant, filters, reader=reader)
        for field, old, new in _values(line) or [("", "", "")]
    )
    return csv_lines(chain([COLUMNS], changes))


def as_json_lines(tenant: TenantRef, filters: Filters, *, reader: User) -> Iterator[str]:
    for line in _lines(tenant, filters, reader=reader):
        yield json.dumps(plain(line), ensure_ascii=False, default=str) + "\n"


def plain(line: Line) -> dict[str, Any]:
    """Return a line for programs."""
    entry = line.entry
    return {
        "id": str(entry.id),
        "at": entry.at.isoformat(),
        "user_id": str(entry.user_id) if entry.user_id else None,
        "who": line.who,
        "role": entry.role,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "subject_id": str(entry.subject_id) if entry.subject_id else None,
        "about": [str(each) for each in line.about],
        "by_support": line.is_by_support,
        "sentence": line.sentence,
        "changes": [{"field": c.name, "old": c.old, "new": c.new, "hidden": c.is_hidden} for c in line.changes],
        "origin": entry.origin,
    }


def _lines(tenant: TenantRef, filters: Filters, *, reader: User) -> Iterator[Line]:
    """Yield the lines in the tenant's room: a streamed answer is read after the request has left it."""
    with use(tenant):
        rows = entries_for(filters, zone=ZoneInfo(tenant.time_zone))
        yield from read_all(rows, text=filters.text, reader=reader, among=filters.among)


def _values(line: Line) -> list[tuple[str, str, str]]:
    hidden = SEALED, SEALED
    return [(each.name, *(hidden if each.is_hidden else (_told(each.old), _told(each.new)))) for each in line.changes]


def _told(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(line: Line, *values: str) -> list[Any]:
    entry = line.entry
    told = [entry.at.isoformat(), line.who, entry.role, entry.action, line.sentence]
    record = [entry.object_type, entry.object_id, entry.subject_id or ""]
    return [*told, *record, *values, *(entry.origin_of.get(name, "") for name in ORIGIN), entry.id]


FORMATS: dict[str, tuple[str, Any]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/x-ndjson", as_json_lines),
}
