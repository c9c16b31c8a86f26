"""Spreadsheets: Excel's old and new files, and LibreOffice's. Values are read as they were last shown; nothing runs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from modules.crm.domain.imports.tables import MOST_ROWS, Table, Unreadable, tabulate

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_UNPACKED = 400 << 20  # bytes
MOST_PACKED_TOGETHER = 200  # times as large as it came: what people write shrinks to a tenth
SMALL = 10 << 20  # of few bytes none is a bomb
MOST_BLANK = 200_000  # rows of a sheet, blank ones included


def is_sheet(content: bytes) -> bool:
    return content.startswith((ZIP, OLE))


def read_sheet(content: bytes, *, most_rows: int = MOST_ROWS) -> Table:
    """Return the table in the first sheet that has one. Raises `Unreadable`."""
    if content.startswith(ZIP):
        _check_size_unpacked(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                headers, rows = tabulate(_lines(sheet), most_rows=most_rows)
                return Table(
                    headers=headers, rows=rows, kind="sheet", sheet=name[:80], other_sheets=len(book.sheet_names) - 1
                )
    except PasswordError as error:
        raise Unreadable("password") from error
    except CalamineError as error:
        raise Unreadable("unknown") from error
    raise Unreadable("empty")


def as_text(value: Any) -> str:
    """Return a cell as somebody would write it: dates by ISO 8601, numbers without a point that says nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return ""
    return str(value)


def _lines(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    if sheet.height > MOST_BLANK:
        raise Unreadable("too-many-rows")
    top = sheet.start[0] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield top + number, [as_text(cell) for cell in cells]


def _check_size_unpacked(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Unreadable("unknown") from error
    if unpacked > MOST_UNPACKED or unpacked > max(SMALL, len(content) * MOST_PACKED_TOGETHER):
        raise Unreadable("too-much")
