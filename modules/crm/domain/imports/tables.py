"""A file of people as a table of texts, whatever it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_ROWS = 50_000
MOST_COLUMNS = 200
LONGEST_CELL = 1_000  # what is longer is cut, and longer still than any field it could go into
LONGEST_HEADER = 80


class Unreadable(ValueError):
    """`str(error)` says why in a word, for `services.imports.reading` to make a sentence of."""


class Row(NamedTuple):
    """A row, where it stands in its file, and a word for why it could not be read."""

    number: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was read. `rows` can be gone through once. `sheet` is the one that was read of several."""

    headers: list[str]
    rows: Iterable[Row]
    kind: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    other_sheets: int = 0


def tabulate(numbered: Iterable[tuple[int, list[str]]], *, most_rows: int = MOST_ROWS) -> tuple[list[str], list[Row]]:
    """Return the headers and the rows of what is in a file, one line after the other.

    Blank lines are left out. What stands above the headers, such as a title, has one cell filled; cells without a
    header get one, and headers that stand there twice are told apart. Raises `Unreadable`.
    """
    filled = list(_checked(numbered, most_rows))
    if not filled:
        raise Unreadable("empty")
    first = next((place for place, row in enumerate(filled) if sum(map(bool, row.cells)) > 1), 0)
    headers, rows = filled[first].cells, filled[first + 1 :]
    if not rows:
        raise Unreadable("only-headers")
    width = max(len(headers), *(len(row.cells) for row in rows))
    return named_apart([*headers, *[""] * (width - len(headers))]), [_padded(row, width) for row in rows]


def named_apart(headers: list[str]) -> list[str]:
    """Return headers of which none is empty and no two are the same."""
    named: list[str] = []
    taken: set[str] = set()
    for place, header in enumerate(headers, start=1):
        plain = " ".join(header.split())[:LONGEST_HEADER] or f"#{place}"
        name, times = plain, 1
        while name in taken:
            times += 1
            name = f"{plain} ({times})"
        taken.add(name)
        named.append(name)
    return named


def clean(text: str) -> str:
    """Return a text as it may be kept: no signs that nobody sees but line breaks, no space around, not endless."""
    seen = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\t", " ")
    return "".join(sign for sign in seen if sign.isprintable() or sign == "\n").strip()[:LONGEST_CELL]


def _checked(numbered: Iterable[tuple[int, list[str]]], most_rows: int) -> Iterator[Row]:
    found = 0
    for number, cells in numbered:
        trimmed = _without_empty_end([clean(cell) for cell in cells])
        if not trimmed:
            continue
        found += 1
        if len(trimmed) > MOST_COLUMNS:
            raise Unreadable("too-many-columns")
        if found > most_rows + 1:
            raise Unreadable("too-many-rows")
        yield Row(number, trimmed)


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _padded(row: Row, width: int) -> Row:
    return row._replace(cells=[*row.cells, *[""] * (width - len(row.cells))])
