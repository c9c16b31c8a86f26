"""Codes as a file has them: which column is what, and what is wrong with which line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from modules.crm.domain.folding import fold
from modules.crm.domain.imports.tables import Row

COLUMNS = {
    "code": ("code", "kode", "codice", "codigo", "concept id", "conceptid", "id", "data code id"),
    "display": ("display", "name", "term", "text", "title", "bezeichnung", "titel", "description", "descrizione"),
    "synonyms": ("synonyms", "synonym", "synonyme", "aliases", "also", "inclusions"),
    "language": ("language", "lang", "sprache", "lingua"),
}
NEEDED = ("code", "display")
BETWEEN_SYNONYMS = re.compile(r"[|;\n]")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_MISTAKES = 100  # told one by one
MOST_SYNONYMS = 30


class NoColumns(ValueError):
    """None of the headers says that its column has the codes, or what they mean."""


class Mistake(NamedTuple):
    """What is wrong in a line, as a word; `detail` is what the sentence needs."""

    line: int
    word: str
    detail: str = ""


@dataclass(slots=True)
class Entry:
    """A code with all that it is called. `designations` are by language."""

    code: str
    display: str
    synonyms: list[str] = field(default_factory=list)
    designations: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """Return what it is found by, each once."""
        told = [self.display, *self.synonyms, *self.designations.values()]
        return sorted({word for each in told for word in fold(each).split()})


@dataclass(slots=True)
class Entries:
    """What was read. With one mistake, none of it is used."""

    entries: dict[str, Entry] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    mistaken: int = 0

    def refuse(self, mistake: Mistake) -> None:
        self.mistaken += 1
        if len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(mistake)


def read_entries(headers: Sequence[str], rows: Iterable[Row], *, longest_code: int, longest_display: int) -> Entries:
    """Return the codes of a table; rows that say the same code in another language are one. Raises `NoColumns`."""
    places = columns_of(headers)
    read, seen = Entries(), dict[tuple[str, str], int]()
    for row in rows:
        cell = {name: row.cells[place] for name, place in places.items()}
        code, display = cell["code"].strip(), " ".join(cell["display"].split())
        language = cell.get("language", "").strip().lower().partition("-")[0]
        word = _wrong(code, display, language, longest_code=longest_code, longest_display=longest_display)
        if word:
            read.refuse(Mistake(row.number, word, code[:longest_code]))
        elif earlier := seen.get((code, language)):
            read.refuse(Mistake(row.number, "twice", f"{code} ({earlier})"))
        else:
            seen[code, language] = row.number
            _add(read, code, display, language, _synonyms(cell.get("synonyms", ""), longest_display))
    return read


def columns_of(headers: Sequence[str]) -> dict[str, int]:
    """Return in which place each column is. Raises `NoColumns`."""
    folded = [fold(header) for header in headers]
    places = {
        name: next(folded.index(each) for each in called if each in folded)
        for name, called in COLUMNS.items()
        if not set(called).isdisjoint(folded)
    }
    if not set(NEEDED) <= set(places):
        raise NoColumns
    return places


def key_of(code: str) -> str:
    """Return a code as it is looked for: M54.5, m545 and m 54.5 are one."""
    return fold(code).replace(" ", "")


def _wrong(code: str, display: str, language: str, *, longest_code: int, longest_display: int) -> str:
    if not code:
        return "no-code"
    if not display:
        return "no-display"
    if len(code) > longest_code or not key_of(code):
        return "bad-code"
    if len(display) > longest_display:
        return "long-display"
    return "" if not language or LANGUAGE.fullmatch(language) else "bad-language"


def _synonyms(cell: str, longest: int) -> list[str]:
    said = (" ".join(each.split()) for each in BETWEEN_SYNONYMS.split(cell))
    return [each[:longest] for each in dict.fromkeys(said) if each][:MOST_SYNONYMS]


def _add(read: Entries, code: str, display: str, language: str, synonyms: list[str]) -> None:
    known = read.entries.get(code)
    if known is None:
        known = read.entries[code] = Entry(code, display)
    elif not language:
        known.display = display
    if language:
        known.designations[language] = display
    known.synonyms = list(dict.fromkeys([*known.synonyms, *synonyms]))[:MOST_SYNONYMS]
