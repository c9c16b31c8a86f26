"""A batch of bookings in the DATEV format: EXTF, header version 700, category 21 (Buchungsstapel), format version 13.

As DATEV describes it (developer.datev.de, DATEV-Format, Buchungsstapel): Windows-1252, semicolons, texts in quotation
marks that are doubled within, a decimal comma, and CR LF. Amounts are above nothing; S or H says what they are for the
account, the other one is the contra account.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

HEADER_VERSION, CATEGORY, FORMAT_VERSION = 700, 21, 13
NO_AUTOMATIC = "0040"  # "Aufhebung der Automatik": the tax is booked by itself, DATEV is not to reckon it once more
MOST_DECIMALS = 2
ENCODING = "cp1252"
_NOT_IN_A_NUMBER = re.compile(r"[^A-Za-z0-9$%&*+\-/]")
_FIRST = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;"
    "Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext;Postensperre;"
    "Diverse Adressnummer;Geschäftspartnerbank;Sachverhalt;Zinssperre;Beleglink"
).split(";")
_MIDDLE = (
    "KOST1 - Kostenstelle;KOST2 - Kostenstelle;Kost-Menge;EU-Land u. UStID (Bestimmung);EU-Steuersatz (Bestimmung);"
    "Abw. Versteuerungsart;Sachverhalt L+L;Funktionsergänzung L+L;BU 49 Hauptfunktionstyp;BU 49 Hauptfunktionsnummer;"
    "BU 49 Funktionsergänzung"
).split(";")
_LAST = (
    "Stück;Gewicht;Zahlweise;Forderungsart;Veranlagungsjahr;Zugeordnete Fälligkeit;Skontotyp;Auftragsnummer;"
    "Buchungstyp;USt-Schlüssel (Anzahlungen);EU-Land (Anzahlungen);Sachverhalt L+L (Anzahlungen);"
    "EU-Steuersatz (Anzahlungen);Erlöskonto (Anzahlungen);Herkunft-Kz;Buchungs GUID;KOST-Datum;"
    "SEPA-Mandatsreferenz;Skontosperre;Gesellschaftername;Beteiligtennummer;Identifikationsnummer;"
    "Zeichnernummer;Postensperre bis;Bezeichnung SoBil-Sachverhalt;Kennzeichen SoBil-Buchung;Festschreibung;"
    "Leistungsdatum;Datum Zuord. Steuerperiode;Fälligkeit;Generalumkehr (GU);Steuersatz;Land;"
    "Abrechnungsreferenz;BVV-Position;EU-Land u. UStID (Ursprung);EU-Steuersatz (Ursprung);Abw. Skontokonto"
).split(";")
COLUMNS = (
    *_FIRST,
    *(f"Beleginfo - {what} {number}" for number in range(1, 9) for what in ("Art", "Inhalt")),
    *_MIDDLE,
    *(f"Zusatzinformation{dash} {what} {n}" for n in range(1, 21) for dash, what in ((" -", "Art"), ("-", "Inhalt"))),
    *_LAST,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Whose bookings these are, and of which days of which fiscal year."""

    consultant: int
    client: int
    fiscal_year: date
    account_length: int
    since: date
    until: date
    made_at: datetime
    name: str
    currency: str
    chart: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An amount from one account to another. Of one whose tax DATEV would reckon by itself, the contra account."""

    amount: Decimal
    debit: str
    credit: str
    day: date
    number: str
    text: str
    is_on_automatic_debit: bool = False
    is_on_automatic_credit: bool = False


def fiscal_year_of(day: date, *, first_month: int) -> date:
    """Return the first day of the fiscal year that a day is in."""
    return date(day.year - (day.month < first_month), first_month, 1)


def written(batch: Batch, bookings: Iterable[Booking]) -> bytes:
    """Return the file."""
    rows = (_row(booking, batch.currency) for booking in bookings)
    lines = (";".join(line) for line in (_header(batch), COLUMNS, *rows))
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def readable(text: str) -> str:
    """Return a text in the characters of Windows-1252: others without their marks, or as a question mark."""
    return "".join(_character(each) for each in text if each.isprintable())


def _header(batch: Batch) -> list[str]:
    made = f"{batch.made_at:%Y%m%d%H%M%S}{batch.made_at.microsecond // 1000:03d}"
    days = (f"{day:%Y%m%d}" for day in (batch.since, batch.until))
    return [
        *(_text("EXTF"), str(HEADER_VERSION), str(CATEGORY), _text("Buchungsstapel"), str(FORMAT_VERSION), made),
        *("", _text("RE"), _text(""), _text(""), str(batch.consultant), str(batch.client)),
        *(f"{batch.fiscal_year:%Y%m%d}", str(batch.account_length), *days, _text(batch.name, most=30)),
        *(_text(""), "1", "0", "0", _text(batch.currency), "", _text(""), "", "", _text(batch.chart), "", ""),
        *(_text(""), _text("")),
    ]


def _row(booking: Booking, currency: str) -> list[str]:
    """Return the row of a booking: the contra account is the credit, or an automatic account where there is one."""
    turned = booking.is_on_automatic_debit and not booking.is_on_automatic_credit
    account, contra = (booking.credit, booking.debit) if turned else (booking.debit, booking.credit)
    is_automatic = booking.is_on_automatic_debit or booking.is_on_automatic_credit
    cells = {
        "Umsatz (ohne Soll/Haben-Kz)": f"{booking.amount:.2f}".replace(".", ","),
        "Soll/Haben-Kennzeichen": _text("H" if turned else "S"),
        "WKZ Umsatz": _text(currency),
        "Konto": account,
        "Gegenkonto (ohne BU-Schlüssel)": contra,
        "BU-Schlüssel": _text(NO_AUTOMATIC) if is_automatic else "",
        "Belegdatum": f"{booking.day:%d%m}",
        "Belegfeld 1": _text(_NOT_IN_A_NUMBER.sub("-", booking.number), most=36),
        "Buchungstext": _text(booking.text, most=60),
    }
    return [cells.get(name, "") for name in COLUMNS]


def _text(text: str, *, most: int = 60) -> str:
    inside = readable(text)[:most].replace('"', '""')
    return f'"{inside}"'


def _character(character: str) -> str:
    for each in (character, unicodedata.normalize("NFKD", character)[:1]):
        try:
            each.encode(ENCODING)
        except UnicodeEncodeError:
            continue
        return each
    return "?"
