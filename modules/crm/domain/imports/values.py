"""Single values of files: dates, sexes, countries, names, as people everywhere write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from babel import Locale
from babel.dates import get_month_names

from modules.crm.domain.folding import fold

LANGUAGES = ("en", "it", "de", "fr", "es", "ru", "uk", "pt", "nl", "pl")
MONTH_FIRST_IN = {"US", "PH", "FM", "MH", "PW"}
TIME = r"(?:[T ]\d{1,2}:\d{2}.*)?"
YEAR_FIRST = re.compile(rf"(\d{{4}})[-/. ](\d{{1,2}})[-/. ](\d{{1,2}}){TIME}")
YEAR_LAST = re.compile(rf"(\d{{1,2}})[-/. ]{{1,2}}(\d{{1,2}})[-/. ]{{1,2}}(\d{{4}}|\d{{2}}){TIME}")
DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[\s.\-/]*([^\W\d_]+)\.?[\s.,\-/]*(\d{4}|\d{2})")
MONTH_DAY_YEAR = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
EIGHT_DIGITS = re.compile(r"\d{8}")
SERIAL = re.compile(r"\d{5}")  # the days since 1900 that a spreadsheet shows where a cell is not known to be a date
FIRST_SERIAL = date(1899, 12, 30)
# What spreadsheets write where there is no date: the first days that they know.
NO_DATE = {date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1904, 1, 1)}
NOTHING = {"", "-", "--", "—", "n/a", "na", "null", "none", "nil", "?", "0", "#n/a"}
NO_DAY = {"00/00/0000", "0000-00-00", "1900-01-00"}

GENDERS = {
    "female": (
        "f, female, woman, girl, w, weiblich, frau, femmina, donna, femme, féminin, mujer, femenino, hembra, "
        "femelle, ж, жен, женский, женщина, самка, жіноча, жінка, mrs, ms, miss, sig.ra, v, vrouw, kobieta, k, "
        "fs, spayed female, hündin, katze weiblich"
    ),
    "male": (
        "m, male, man, boy, männlich, herr, mann, maschio, uomo, homme, masculin, hombre, masculino, macho, mâle, "
        "м, муж, мужской, мужчина, самец, чоловіча, чоловік, самець, mr, sig., mężczyzna, mn, mc, neutered male, "
        "rüde"
    ),
    "other": ("other, x, d, divers, altro, autre, otro, другой, інше, non-binary, nonbinary, anders"),
    "unknown": ("unknown, u, not said, sconosciuto, unbekannt, inconnu, desconocido, неизвестно, невідомо, n"),
}
YES = "yes, y, true, 1, x, si, sì, ja, j, oui, o, да, так, neutered, spayed, castrated, kastriert, sterilizzato, ✓"
NO = "no, n, false, 0, nein, non, нет, ні, intact, entire, intero, nie"
PARTICLES = {"de", "di", "da", "del", "della", "van", "von", "der", "den", "la", "le", "du", "dos", "zu", "ter", "bin"}


class NotReadable(ValueError):
    """A text that says nothing of the kind."""


class Name(NamedTuple):
    first: str
    last: str


class Order(NamedTuple):
    """Whether dates of a column have the day first, and whether a date in it says so."""

    day_first: bool
    is_sure: bool


def is_nothing(text: str) -> bool:
    """Test whether somebody wrote that there is nothing."""
    return text.strip().lower() in NOTHING


def guess_order(texts: Iterable[str], *, country: str) -> Order:
    """Return which comes first in the dates of a column: a number above twelve tells; else what the country does.

    Where they contradict each other, the more of them win: the others are no dates then, and said to be none.
    """
    days_first = months_first = 0
    for text in texts:
        if found := YEAR_LAST.fullmatch(text.strip()):
            days_first += int(found[1]) > 12 >= int(found[2])
            months_first += int(found[2]) > 12 >= int(found[1])
    if days_first == months_first:
        return Order(country not in MONTH_FIRST_IN, is_sure=False)
    return Order(days_first > months_first, is_sure=True)


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Return whether the dates of a column have the day first; nothing if they can be read both ways.

    With points between the numbers the day is first, wherever that is written.
    """
    found = [(text, YEAR_LAST.fullmatch(text.strip())) for text in texts]
    doubtful = [text for text, match in found if match and int(match[1]) != int(match[2])]
    order = guess_order(doubtful, country="")
    if order.is_sure:
        return order.day_first
    return True if all("." in text for text in doubtful) else None


def read_date(text: str, *, day_first: bool, on: date) -> date | None:
    """Return a day; nothing where a spreadsheet had none to write. Raises `NotReadable`."""
    text = text.strip()
    if is_nothing(text) or text in NO_DAY:
        return None
    try:
        found = _date(text, day_first=day_first, on=on)
    except (ValueError, OverflowError) as error:
        raise NotReadable(text) from error
    if found is None:
        raise NotReadable(text)
    return None if found in NO_DATE else found


def read_gender(text: str) -> str:
    """Return a gender as it is kept. Raises `NotReadable`."""
    if is_nothing(text):
        return "unknown"
    found = _genders().get(text.strip().lower().removesuffix(".")) or _genders().get(text.strip().lower())
    if found is None:
        raise NotReadable(text)
    return found


def read_yes_or_no(text: str) -> bool | None:
    """Return what was said, if something was. Raises `NotReadable`."""
    said = text.strip().lower()
    if said in _words(YES):
        return True
    if said in _words(NO):
        return False
    if is_nothing(said) or said == "unknown":
        return None
    raise NotReadable(text)


def read_country(text: str) -> str:
    """Return the code of a country (ISO 3166-1), from itself or from its name in one of `LANGUAGES`.

    Raises `NotReadable`.
    """
    if is_nothing(text):
        return ""
    found = _countries().get(fold(text))
    if found is None:
        raise NotReadable(text)
    return found


def read_name(text: str) -> Name:
    """Take a whole name apart: "Anna Maria Rossi", "Rossi, Anna Maria", "Anna van der Berg"."""
    text = " ".join(text.split())
    last, comma, first = text.partition(",")
    if comma:
        return Name(first.strip(), last.strip()) if first.strip() else Name(last.strip(), "")
    words = text.split()
    begin = len(words) - 1
    while begin > 1 and words[begin - 1].lower() in PARTICLES:
        begin -= 1
    return Name(" ".join(words[:begin]), " ".join(words[begin:])) if begin > 0 else Name(text, "")


def _date(text: str, *, day_first: bool, on: date) -> date | None:
    if found := YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := YEAR_LAST.fullmatch(text):
        one, other = int(found[1]), int(found[2])
        day, month = (one, other) if day_first else (other, one)
        return date(_year(found[3], on), month, day)
    if found := DAY_MONTH_YEAR.fullmatch(text):
        return date(_year(found[3], on), _month(found[2]), int(found[1]))
    if found := MONTH_DAY_YEAR.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    if EIGHT_DIGITS.fullmatch(text) and text[:2] in ("19", "20"):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return FIRST_SERIAL + timedelta(int(text)) if SERIAL.fullmatch(text) else None


def _year(text: str, on: date) -> int:
    """Return a year; of two digits, the last one that was."""
    if len(text) == 4:
        return int(text)
    year = on.year // 100 * 100 + int(text)
    return year if year <= on.year else year - 100


def _month(text: str) -> int:
    try:
        return _months()[fold(text)]
    except KeyError as error:
        raise NotReadable(text) from error


@cache
def _months() -> dict[str, int]:
    months: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, locale=language)
                months |= {fold(name): number for number, name in names.items()}
    return months


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        territories = Locale(language).territories
        names |= {fold(name): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    codes = {code.lower(): code for code in names.values()}
    return names | codes | {"uk": "GB", "england": "GB", "scotland": "GB", "usa": "US", "italia": "IT"}


@cache
def _genders() -> dict[str, str]:
    return {word: gender for gender, words in GENDERS.items() for word in _words(words)}


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))
