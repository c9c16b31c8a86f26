"""Files as they come: read into tables of texts, whatever wrote them."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from kernel.cells import TAKEN_FOR_FORMULAS, as_meant, harmless
from modules.crm.domain.imports import tables
from modules.crm.domain.imports.fields import fields_for, guess_columns
from modules.crm.domain.imports.reading import read_table
from modules.crm.domain.imports.tables import Unreadable
from modules.crm.domain.imports.values import (
    NotReadable,
    guess_order,
    read_country,
    read_date,
    read_gender,
    read_name,
    read_yes_or_no,
)
from modules.crm.domain.subjects import Subject

TODAY = date(2031, 3, 4)
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12) | st.sampled_from(
    ["O'Brien; Ltd", 'she said "no"', "two\nlines", "a,b", "x|y", "Łódź", "Ёлка", "+39 333", "=1+1", "‘’"]
)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6)


@given(ROWS, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_was_written_as_csv_is_read_as_it_was(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["Name", "City", "Phone"], *rows])

    table = read_table(out.getvalue().encode(encoding))

    assert table.headers == ["Name", "City", "Phone"]
    assert [row.cells for row in table.rows] == rows


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Vorname;Nachname\nJürgen;Müller\nFrançois;Lefèvre"),
        ("cp1252", "Nome;Città\nNicolò;Forlì"),
        ("cp1252", "Nombre;Apellidos\nJosé;Núñez"),
        ("cp1250", "Imię;Nazwisko\nŁukasz;Wiśniewski"),
        ("cp1250", "Jméno;Příjmení\nRůžena;Němcová\nJiří;Dvořák"),
        ("cp1251", "Имя;Фамилия\nПётр;Смирнов"),
        ("utf-16-le", "Name;Vorname\nMüller;Jürgen"),
    ],
)
def test_an_encoding_that_nothing_marks_is_told_by_its_letters(encoding: str, text: str) -> None:
    table = read_table(text.encode(encoding))

    assert (table.encoding, table.headers) == (encoding, text.splitlines()[0].split(";"))
    assert [row.cells for row in table.rows] == [line.split(";") for line in text.splitlines()[1:]]


def test_headers_that_are_empty_or_there_twice_are_told_apart_and_rows_keep_their_place() -> None:
    table = read_table(b'Clients\n\nPhone,,Phone\n1,2\n\n3,4,5,6\n"a\nb",,\n7,,\n')

    assert table.headers == ["Phone", "#2", "Phone (2)", "#4"]
    assert [(row.number, row.cells) for row in table.rows] == [
        (4, ["1", "2", "", ""]),
        (6, ["3", "4", "5", "6"]),
        (7, ["a\nb", "", "", ""]),
        (9, ["7", "", "", ""]),
    ]


@pytest.mark.parametrize("since_1904", [False, True])
def test_a_spreadsheet_gives_dates_as_dates_and_phones_as_they_were_typed(since_1904: bool) -> None:
    table = read_table(_workbook(since_1904=since_1904))

    assert [row.cells for row in table.rows] == [["Anna", "393331234567", "1985-01-02", "2", "0.5", "yes"]]
    assert table.other_sheets == 1


def test_an_address_book_gives_the_number_that_is_most_likely_answered() -> None:
    book = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Rossi;Anna;Maria;;\r\nTEL;TYPE=FAX:1\r\nTEL;TYPE=WORK:02 1234567\r\n"
        "TEL;TYPE=CELL:+39 333 1234567\r\nEMAIL:a@x.example\r\nADR;TYPE=HOME:;;Via Roma\\, 1;Milano;MI;20100;Italy\r\n"
        "BDAY:1985-02-03\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;;\r\n"
        "TEL;CELL:0171 123\r\nEND:VCARD\r\n"
        'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Prince\r\nTEL;VALUE=uri;TYPE="cell":tel:+44-20-1\r\nEND:VCARD\r\n'
        "BEGIN:VCARD\r\nnothing of a card\r\n"
    )

    table = read_table(book.encode())
    rows = [dict(zip(table.headers, row.cells, strict=True)) | {"problem": row.problem} for row in table.rows]

    anna, jurgen, prince, broken = rows
    assert [anna[name] for name in ("First name", "Last name", "Phone", "Street", "Postal code", "Region")] == [
        *("Anna Maria", "Rossi", "+39 333 1234567"),
        *("Via Roma, 1", "20100", "MI"),
    ]
    assert [jurgen[name] for name in ("First name", "Last name", "Phone")] == ["Jürgen", "Müller", "0171 123"]
    assert [prince["Full name"], prince["Phone"]] == ["Prince", "+44-20-1"]
    assert broken["problem"] == "unreadable-card"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b" \n", "empty"),
        (b"Name;City\n;\n", "only-headers"),
        (b"%PDF-1.7", "unknown"),
        (b"PK\x03\x04 broken", "unknown"),
        (b"a;b\n" + b"\x00" * 40, "unknown"),
        (("a;b\n" + "x;y\n" * (tables.MOST_ROWS + 1)).encode(), "too-many-rows"),
        ((";".join("x" * (tables.MOST_COLUMNS + 1)) + "\n1;2\n").encode(), "too-many-columns"),
    ],
    ids=["blank", "only headers", "a PDF", "no workbook", "binary", "too many rows", "too many columns"],
)
def test_what_is_no_table_or_too_large_is_refused(content: bytes, word: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list(read_table(content).rows)

    assert str(refused.value) == word


def test_a_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (12 << 20))

    with pytest.raises(Unreadable, match="too-much"):
        read_table(packed.getvalue())


@given(st.text(max_size=20) | st.sampled_from(["=1+1", "'=x", "+39", "-", "@home", "\t=x", "''+1", "' -1", "O'Brien"]))
def test_what_a_spreadsheet_would_run_is_text_and_is_read_back_as_it_was(text: str) -> None:
    shown = harmless(text)

    assert not shown.startswith(TAKEN_FOR_FORMULAS)
    assert as_meant(shown) == text


@pytest.mark.parametrize(
    ("subject", "headers", "fields"),
    [
        ("person", "Nome;Cognome;Data di nascita;Cellulare;CAP", "first_name last_name birth_date phone postal_code"),
        ("person", "Name;Vorname;Geburtsdatum;PLZ;Ort", "last_name first_name birth_date postal_code city"),
        ("person", "Nom;Prénom;Téléphone portable;Courriel", "last_name first_name phone email"),
        ("person", "Nombre;Apellidos;Correo electrónico", "first_name last_name email"),
        ("person", "Имя;Фамилия;Дата рождения;Пол", "first_name last_name birth_date gender"),
        ("person", "Прізвище;Ім'я;Стать", "last_name first_name gender"),
        ("person", "NAME;Phone (private);DOB", "full_name phone birth_date"),
        ("animal", "Name;Species;Owner;Chip;Weight (kg)", "first_name species owner_name microchip weight"),
        ("animal", "Nome;Specie;Razza;Proprietario", "first_name species breed owner_name"),
        ("customer", "Kunde;Firma;E-Mail;USt-IdNr.", "full_name organisation email client_tax_code"),
    ],
)
def test_columns_are_told_by_what_people_call_them(subject: str, headers: str, fields: str) -> None:
    labels = {field: field for field in fields_for(Subject(subject))}

    found = guess_columns(headers.split(";"), subject=Subject(subject), labels=labels)

    assert " ".join(found.values()) == fields


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("1985-02-03", date(1985, 2, 3)),
        ("03/02/1985", date(1985, 2, 3)),
        ("3.2.85", date(1985, 2, 3)),
        ("3.2.31", date(2031, 2, 3)),
        ("3.2.32", date(1932, 2, 3)),
        ("3 Feb 1985", date(1985, 2, 3)),
        ("February 3, 1985", date(1985, 2, 3)),
        ("3 febbraio 1985", date(1985, 2, 3)),
        ("3 февраля 1985", date(1985, 2, 3)),
        ("31081", date(1985, 2, 3)),
        ("19850203", date(1985, 2, 3)),
        ("1985-02-03 00:00:00", date(1985, 2, 3)),
        ("1900-01-00", None),
        ("01/01/1900", None),
        ("00/00/0000", None),
        ("n/a", None),
    ],
)
def test_a_date_is_read_however_it_is_written(text: str, born: date | None) -> None:
    assert read_date(text, day_first=True, on=TODAY) == born


@pytest.mark.parametrize("text", ["31/02/1999", "13/13/1999", "soon", "--0203", "3 Foo 1985", "99999999999"])
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    with pytest.raises(NotReadable):
        read_date(text, day_first=True, on=TODAY)


@given(st.dates(date(1901, 1, 1), TODAY), st.booleans())
def test_a_column_tells_whether_the_day_comes_first(day: date, day_first: bool) -> None:
    written = f"{day:%d/%m/%Y}" if day_first else f"{day:%m/%d/%Y}"
    sure = "25/12/1999" if day_first else "12/25/1999"

    order = guess_order([written, sure, "1999-12-25"], country="US" if day_first else "GB")

    assert order == (day_first, True)
    assert read_date(written, day_first=order.day_first, on=TODAY) == day or day == date(1904, 1, 1)


def test_words_for_sexes_countries_and_names_are_those_of_many_languages() -> None:
    assert [read_gender(text) for text in ("F.", "männlich", "Femmina", "ж", "x", "")] == [
        *("female", "male", "female", "female", "other", "unknown"),
    ]
    assert [read_country(text) for text in ("Italia", "deutschland", "Україна", "gb", "UK", "")] == [
        *("IT", "DE", "UA", "GB", "GB", ""),
    ]
    assert [read_yes_or_no(text) for text in ("Ja", "no", "")] == [True, False, None]
    assert [read_name(text) for text in ("Anna Maria Rossi", "Rossi, Anna", "Jan van der Berg", "Prince")] == [
        *(("Anna Maria", "Rossi"), ("Anna", "Rossi"), ("Jan", "van der Berg"), ("Prince", "")),
    ]
    with pytest.raises(NotReadable):
        read_country("Atlantis")


def _workbook(*, since_1904: bool) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": since_1904}) as book:
        sheet, day = book.add_worksheet("People"), book.add_format({"num_format": "dd/mm/yyyy"})
        book.add_worksheet("Notes")
        sheet.write_row(0, 0, ["Name", "Phone", "Born", "Sum", "Share", "News"])
        sheet.write_row(1, 0, ["Anna", 393331234567])
        sheet.write_datetime(1, 2, date(1985, 1, 2), day)
        sheet.write_formula(1, 3, "=1+1", None, 2)
        sheet.write_number(1, 4, 0.5)
        sheet.write_boolean(1, 5, True)
    return out.getvalue()
