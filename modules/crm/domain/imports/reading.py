"""What is in a file that somebody sent: `python -m modules.crm.domain.imports.reading` finds it out in a process of its
own, with limits, so that one that was made to take for ever or all memory takes that process along and nothing else."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from modules.crm.domain.imports.cards import is_book, read_book
from modules.crm.domain.imports.sheets import is_sheet, read_sheet
from modules.crm.domain.imports.tables import MOST_ROWS, Table, Unreadable
from modules.crm.domain.imports.texts import read_text

MEMORY = 3 << 29  # bytes
CPU_SECONDS = 60


def read_table(content: bytes, *, encoding: str = "", most_rows: int = MOST_ROWS) -> Table:
    """Return the table in a file, whatever its name says. Raises `Unreadable`."""
    if not content.strip():
        raise Unreadable("empty")
    if content.startswith(b"%PDF-"):
        raise Unreadable("unknown")
    if is_sheet(content):
        return read_sheet(content, most_rows=most_rows)
    if is_book(content):
        return read_book(content, encoding=encoding)
    return read_text(content, encoding=encoding, most_rows=most_rows)


def told(table: Table) -> dict[str, Any]:
    """Return what is said of a table beside its rows."""
    names = ("headers", "kind", "encoding", "delimiter", "sheet", "other_sheets")
    return {name: getattr(table, name) for name in names}


def main() -> None:
    """Read a line of what is wanted, and a file, from standard input; write a line about the table, and one a row."""
    wanted: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = sys.stdout
    try:
        table = read_table(sys.stdin.buffer.read(), **wanted)
        out.write(json.dumps(told(table)) + "\n")
        for row in table.rows:
            out.write(json.dumps(row) + "\n")
    except Unreadable as refused:
        out.write(json.dumps({"problem": str(refused)}) + "\n")


if __name__ == "__main__":
    main()
