"""Files as they come from elsewhere: ten thousand rows, and most of what goes wrong in such files."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import NamedTuple

FIRST = ("Anna", "Jürgen", "Zoë", "Łukasz", "Marie-Claire", "O'Brien", "Nicolò", "Søren", "Ana", "Мария")
LAST = ("Müller", "Rossi", "D'Angelo", "van der Berg", "Núñez", "Smith", "Dvořák", "Иванова")
HEADERS = ["First name", "Surname", "Phone", "DOB", "E-mail", "Phone", "", "City", "Sex"]
SIZE = 10_000


class Messy(NamedTuple):
    """A file, and how many of its rows are about people who can be registered, are there twice, or are wrong; and of
    how many of the first it says no date of birth."""

    content: bytes
    good: int
    twice: int
    wrong: int
    ageless: int


def messy_file(*, size: int = SIZE, encoding: str = "utf-8-sig") -> Messy:
    """Return a file whose every hundredth row is a copy of the one above, and every fiftieth has a mistake."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Clients as of today"])
    writer.writerow([])
    writer.writerow(HEADERS)
    good = twice = wrong = ageless = 0
    before: list[str] = []
    for n in range(size):
        row = _row(n)
        if n % 100 == 99:
            row, twice = before, twice + 1
        elif n % 50 == 25:
            row, wrong = _spoilt(row, n // 50), wrong + 1
        else:
            good, ageless = good + 1, ageless + (n % 5 == 4)
        writer.writerow(row)
        if n % 997 == 0:
            writer.writerow([""] * 3)
        before = row
    return Messy(out.getvalue().encode(encoding, "replace"), good, twice, wrong, ageless)


def _row(n: int) -> list[str]:
    born = date(1931, 1, 1) + timedelta(days=(n * 37) % 32_000)
    shown = (
        f"{born:%d/%m/%Y}",
        f"{born:%Y-%m-%d}",
        f"{born:%d.%m.%Y}",
        str((born - date(1899, 12, 30)).days),
        "1900-01-00",
    )
    row = [
        FIRST[n % len(FIRST)],
        f"{LAST[n // 7 % len(LAST)]}{_letters(n)}",
        (f"07700 9{n % 100_000:05d}", f"+44 7700 9{n % 100_000:05d}", f"'+44 (0)7700 9{n % 100_000:05d}")[n % 3],
        shown[n % 5],
        f"Person{n}@Mail.example" if n % 2 else "n/a",
        "=1+1" if n % 11 == 0 else "",
        "Two\nlines; quoted" if n % 13 == 0 else "",
        "Forlì\u00a0",
        ("F", "male", "W", "")[n % 4],
    ]
    return row if n % 17 else [*row, "more", "than", "headers"]


def _spoilt(row: list[str], n: int) -> list[str]:
    place, text = ((0, ""), (2, "4.47701E+11"), (3, "31/02/1999"), (4, "nobody at home"), (2, "ring me"))[n % 5]
    spoilt = list(row)
    spoilt[place] = text
    if place == 0:
        spoilt[1] = ""
    return spoilt


def _letters(n: int) -> str:
    return "".join(chr(ord("a") + n // 26**power % 26) for power in range(3))
