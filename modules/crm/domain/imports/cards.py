"""Address books: vCard 2.1, 3.0 and 4.0 (RFC 6350), each card a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import vobject

from modules.crm.domain.imports.tables import MOST_ROWS, Row, Table, Unreadable, clean
from modules.crm.domain.imports.texts import decode, guess_encoding

BEGIN = re.compile(r"^BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
HEADERS = [
    "First name",
    "Last name",
    "Full name",
    "Company",
    "Date of birth",
    "Gender",
    "Phone",
    "E-mail",
    "Street",
    "Postal code",
    "City",
    "Region",
    "Country",
]
RING_FIRST = ("CELL", "MOBILE", "PREF", "HOME", "VOICE", "WORK")
UNHEARD = {"FAX", "PAGER", "MODEM"}


def is_book(content: bytes) -> bool:
    return bool(BEGIN.match(content[:64].lstrip(b"\xef\xbb\xbf\r\n ").decode("ascii", "ignore")))


def read_book(content: bytes, *, encoding: str = "") -> Table:
    """Return the cards of an address book as rows. One that cannot be read is a row that says so."""
    encoding = encoding or guess_encoding(content)
    text = decode(content, encoding)
    begins = [found.start() for found in BEGIN.finditer(text)]
    if len(begins) > MOST_ROWS:
        raise Unreadable("too-many-rows")
    rows = _cards(text, begins)
    return Table(headers=list(HEADERS), rows=rows, kind="vcard", encoding=encoding)


def _cards(text: str, begins: list[int]) -> Iterator[Row]:
    line = 1
    for place, begin in enumerate(begins):
        end = begins[place + 1] if place + 1 < len(begins) else len(text)
        line = line if place == 0 else line + text.count("\n", begins[place - 1], begin)
        try:
            cells = _cells(vobject.readOne(text[begin:end], ignoreUnreadable=True))
        except Exception:  # damage has no end of ways to show, and the next card may be whole
            yield Row(line, [""] * len(HEADERS), "unreadable-card")
        else:
            yield Row(line, cells)


def _cells(card: Any) -> list[str]:
    about = [_first(name, card) for name in ("org", "bday")]
    said = [*_name(card), *about, _first("gender", card)[:1], _phone(card), _first("email", card), *_address(card)]
    return [clean(each) for each in said]


def _name(card: Any) -> tuple[str, str, str]:
    whole = _first("fn", card)
    if "n" not in card.contents:
        return "", "", whole
    name = card.contents["n"][0].value
    first, last = _text(getattr(name, "given", "")), _text(getattr(name, "family", ""))
    more = _text(getattr(name, "additional", ""))
    return f"{first} {more}".strip(), last, "" if first or last else whole


def _first(name: str, card: Any) -> str:
    return _text(card.contents[name][0].value) if name in card.contents else ""


def _phone(card: Any) -> str:
    """Return the number that is most likely answered: a mobile one before one at home or at work."""
    lines = card.contents.get("tel", [])
    heard = [(kinds, line) for line in lines if not (kinds := _kinds(line)) & UNHEARD]
    likeliest = min(heard, key=lambda each: _rank(each[0]), default=None)
    return _text(likeliest[1].value).removeprefix("tel:") if likeliest else ""


def _rank(kinds: set[str]) -> int:
    return min((place for place, kind in enumerate(RING_FIRST) if kind in kinds), default=len(RING_FIRST))


def _kinds(line: Any) -> set[str]:
    """Return what a line says it is: `TYPE=cell`, or as vCard 2.1 has it, `CELL`."""
    said = [each for values in line.params.values() for each in values] + list(line.params) + line.singletonparams
    return {part.strip('"').upper() for each in said for part in each.split(",")}


def _address(card: Any) -> tuple[str, str, str, str, str]:
    if "adr" not in card.contents:
        return ("", "", "", "", "")
    address = card.contents["adr"][0].value
    street, code, city, region, country = (
        _text(getattr(address, name, "")) for name in ("street", "code", "city", "region", "country")
    )
    return street, code, city, region, country


def _text(value: Any) -> str:
    """Return a value in one line: structured ones are lists of lists."""
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(_text, value)))
    return " ".join(str(value).split())
