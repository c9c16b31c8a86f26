"""Tables for spreadsheets. A cell that one would run as a formula is shown as text, and read back as it was meant."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

MARK = "\ufeff"  # without it, Excel takes a CSV file for Windows-1252
TAKEN_FOR_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"  # what spreadsheets know as the mark of a text


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return f"{QUOTE}{text}" if text.lstrip(" ").startswith(TAKEN_FOR_FORMULAS) or _is_marked(text) else text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a table line by line (RFC 4180), after the mark. Texts are made harmless; numbers stay numbers."""
    write = csv.writer(_Echo()).writerow
    yield MARK
    for row in rows:
        yield write([harmless(cell) if isinstance(cell, str) else cell for cell in row])


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_meant(text: str) -> str:
    """Return what a cell says, made harmless or not."""
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    return text.startswith(QUOTE) and text.lstrip(QUOTE + " ").startswith(TAKEN_FOR_FORMULAS)
