"""Text files: in which encoding, and where one cell ends and the next begins. Neither is written in them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from modules.crm.domain.imports.tables import MOST_ROWS, Table, Unreadable, tabulate

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "cp1251", "iso-8859-1")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 60  # rows
SAMPLE = 200_000  # bytes
LONGEST_FIELD = 1_000_000
SAID = re.compile(r"sep=(.)\r?\n")  # what Excel writes on top of files that it is to open itself

CYRILLIC = re.compile(rb"[\xc0-\xff\xa8\xb8\xaa\xba\xb2\xb3\xbf\xaf]{3,}")
# Letters of Poles, Czechs and Slovaks within words, where the West of Europe has signs, or has such letters at the end.
CENTRAL = re.compile(
    rb"[A-Za-z\xc0-\xff][\xb3\xb9\xbf\xbe\x9f\x9d\x9c]|[\xa3\xaf\x8f][A-Za-z]|[\xec\xf9\xf2\xf8][a-z]{2}"
)
WESTERN = re.compile(rb"[\xe0\xe8\xf2\xf9\xec\xe7\xf1\xdf](?![A-Za-z\x80-\xff])|[\xe7\xf1\xe5\xe6][aeiou]|\xf8[rnv]")


def read_text(content: bytes, *, encoding: str = "", most_rows: int = MOST_ROWS) -> Table:
    """Return the table in a text file. `encoding` is what a person says of it. Raises `Unreadable`."""
    if b"\0" * 8 in content:
        raise Unreadable("unknown")
    encoding = encoding or guess_encoding(content)
    text = decode(content, encoding)
    said = SAID.match(text)
    text = text[said.end() :] if said else text
    delimiter = said[1] if said else guess_delimiter(text)
    headers, rows = tabulate(_records(text, delimiter, first=2 if said else 1), most_rows=most_rows)
    return Table(headers=headers, rows=rows, kind="csv", encoding=encoding, delimiter=delimiter)


def decode(content: bytes, encoding: str) -> str:
    """Return a file as text, without the mark at its beginning. Raises `Unreadable`."""
    if encoding not in ENCODINGS:
        raise Unreadable("encoding")
    for mark, of in MARKS:
        if of == encoding:
            content = content.removeprefix(mark)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("encoding") from error


def guess_encoding(content: bytes) -> str:
    """Return what a file is most likely written in: its mark says so, else what can be read at all, else its letters.

    Between Western and Central Europe it is a guess: who looks at the names sees whether it is right.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even + odd > len(sample) // 4:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _by_letters(content)
    return "utf-8"


def guess_delimiter(text: str) -> str:
    """Return the sign by which most rows have the same number of cells, and more than one of them."""
    return max(DELIMITERS, key=lambda sign: _likelihood(text, sign))


def _by_letters(content: bytes) -> str:
    high = sum(byte >= 0x80 for byte in content)
    if sum(map(len, CYRILLIC.findall(content))) * 2 > high:
        return "cp1251"
    if len(CENTRAL.findall(content)) > len(WESTERN.findall(content)):
        return "cp1250"
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "cp1252"


def _likelihood(text: str, delimiter: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        for _number, cells in _records(text, delimiter, first=1):
            if any(cells):
                widths.append(len(cells))
            if len(widths) == LOOKED_AT:
                break
    except Unreadable:
        return (0, 0)
    width, times = Counter(widths).most_common(1)[0] if widths else (0, 0)
    return (0, 0) if width < 2 else (times / len(widths), width)


def _records(text: str, delimiter: str, *, first: int) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the number of the line on which it begins: a quoted cell may go over several."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    begins = first
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + first
    except csv.Error as error:
        raise Unreadable("quotes") from error
