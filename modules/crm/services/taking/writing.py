"""The file of a copy: a page to read, the same by the words of the field as JSON, and the documents."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from filestore.models import StoredFile
from modules.crm.domain.copies import Copied, LeftOut
from modules.crm.selectors.copies import Whose, declared_copies, kinds_for, resource_of, rows_for, value_of
from tenancy import current_tenant
from tenants.activity.words import sentence_of

CHUNK = 256 * 1024
BATCH = 500
LOOKS = "audit.AuditEntry"


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the page lists it."""

    title: str
    day: Any
    fields: list[tuple[str, str]]
    file: str


@dataclass(frozen=True, slots=True)
class Section:
    kind: Copied
    lines: list[Line]

    @property
    def data(self) -> str:
        return f"data/{self.kind.name}.json"


def write_copy(*, whose: Whose, to: IO[bytes], at: datetime) -> dict[str, Any]:
    """Write everything that somebody sees of a patient. Return how many rows and files it is."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        sections = [_write_kind(archive, kind, whose) for kind in kinds_for(whose)]
        context = {
            "patient": whose.patient,
            "practice": current_tenant().name,
            "at": at,
            "sections": [each for each in sections if each.lines],
            "empty": [each.kind.label for each in sections if not each.lines],
            "left_out": _left_out(whose),
        }
        archive.writestr("index.html", render_to_string("crm/taking/copy.html", context))
        archive.writestr("style.css", render_to_string("crm/taking/copy.css"))
    rows = sum(len(each.lines) for each in sections)
    return {"rows": rows, "files": sum(bool(line.file) for each in sections for line in each.lines)}


def _write_kind(archive: zipfile.ZipFile, kind: Copied, whose: Whose) -> Section:
    resources, lines = [], []
    for row in rows_for(kind, whose).iterator(chunk_size=BATCH):
        resource = resource_of(kind, row, whose)
        name = _write_file(archive, kind, row)
        if name:
            resource["attachment"] = {"url": name}
        resources.append(resource)
        lines.append(_line(kind, row, resource, name, whose))
    if resources:
        text = json.dumps(resources, indent=1, ensure_ascii=False)
        archive.writestr(f"data/{kind.name}.json", text)
    return Section(kind, lines)


def _write_file(archive: zipfile.ZipFile, kind: Copied, row: Any) -> str:
    """Put a row's file in, if it has one. One that is not there is left out: the copy is better than none."""
    stored: StoredFile | None = kind.file(row) if kind.file else None
    if stored is None or not default_storage.exists(stored.key):
        return ""
    name = f"files/{kind.name}/{str(row.pk)[-12:]}-{get_valid_filename(stored.name)}"
    with default_storage.open(stored.key) as content, archive.open(name, "w", force_zip64=True) as entry:
        for chunk in content.chunks(CHUNK):
            entry.write(chunk)
    return name


def _line(kind: Copied, row: Any, resource: dict[str, Any], file: str, whose: Whose) -> Line:
    title = value_of(row, kind.title) if kind.title else ""
    if kind.model == LOOKS:
        title = sentence_of(row.action) % {"who": row.user_label or _("The system"), "what": whose.patient.name}
    day = value_of(row, kind.day) if kind.day else None
    shown = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "attachment")}
    return Line(str(title or ""), day, list(_flat(shown)), file)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a resource says, each with the way to it, as a person can read it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name} {key}".strip())
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each, name)
    elif not str(value).startswith(tuple(f"{kind}/" for kind in ("Patient", "Appointment"))):
        yield name, str(value)


def _left_out(whose: Whose) -> list[str]:
    """Return why something may be missing: each reason once. What is only ours to keep it by is not worth a line."""
    reasons = [each.why for each in declared_copies() if isinstance(each, LeftOut)]
    return [each for each in dict.fromkeys(reasons) if "Ask the practice" in each or "gives it" in each]
