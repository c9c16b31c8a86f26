"""What somebody types into the one box of a search: words, a part of a number, a date of birth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from babel.core import Locale, UnknownLocaleError
from babel.dates import get_date_format, get_month_names

from modules.crm.domain.folding import fold

Order = Literal["day", "month"]

ISO = re.compile(r"\b(\d{4})[-./](\d{1,2})[-./](\d{1,2})\b")
NUMERIC = re.compile(r"\b(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})\b")
WRITTEN = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?[ .]+([a-z]{3,})[ .]+(\d{4}|\d{2})\b")
WRITTEN_MONTH_FIRST = re.compile(r"\b([a-z]{3,})[ .]+(\d{1,2})(?:st|nd|rd|th)?[ .]+(\d{4}|\d{2})\b")
OF = re.compile(r"\b(?:of|de|del)\b")
NUMBER = re.compile(r"[\d\s()+./-]*\d[\d\s()+./-]*")
MOST_WORDS = 8  # more are not typed, but pasted
LONGEST = 200
FEWEST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """`words` are folded; `digits` are parts of numbers, without the zero that is dialled at home only."""

    words: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    born: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.digits or self.born)


def read_wanted(text: str, *, language: str) -> Wanted:
    """Read what was typed. A date is looked for first, then numbers, and the rest are words."""
    text = text.strip()[:LONGEST]
    born, rest = read_date(text, language=language)
    if NUMBER.fullmatch(rest) and len(digits := _digits(rest)) >= FEWEST_DIGITS:
        return Wanted(digits=(digits,), born=born)
    words = fold(rest).split()[:MOST_WORDS]
    numbers = [word for word in words if word.isdigit() and len(_digits(word)) >= FEWEST_DIGITS]
    return Wanted(tuple(word for word in words if word not in numbers), tuple(map(_digits, numbers)), born)


def read_date(text: str, *, language: str) -> tuple[tuple[date, ...], str]:
    """Return the days that a text may mean, and what is left of it. Nothing was a date: no days, and the text.

    Two digits of a year mean either century: who is looked for was born in one of them.
    """
    if found := ISO.search(text):
        return _found(text, found, [(found[1], int(found[2]), int(found[3]))])
    if found := NUMERIC.search(text):
        first, second, year = int(found[1]), int(found[3]), found[4]
        usual, other = (year, second, first), (year, first, second)
        if order_in(language) == "month":
            usual, other = other, usual
        days, rest = _found(text, found, [usual])
        return (days, rest) if days else _found(text, found, [other])
    return _read_written(text, language)


def _read_written(text: str, language: str) -> tuple[tuple[date, ...], str]:
    folded, months = OF.sub(" ", _folded(text)), months_in(language)
    for pattern, day, month in ((WRITTEN, 1, 2), (WRITTEN_MONTH_FIRST, 2, 1)):
        found = pattern.search(folded)
        if found and found[month] in months:
            return _found(folded, found, [(found[3], months[found[month]], int(found[day]))])
    return (), text


def _folded(text: str) -> str:
    return " ".join(fold(part) for part in text.split())


def _found(text: str, found: re.Match[str], candidates: list[tuple[str, int, int]]) -> tuple[tuple[date, ...], str]:
    days = [_day(year, month, day) for given, month, day in candidates for year in _years(given)]
    real = tuple(day for day in days if day)
    return (real, f"{text[: found.start()]} {text[found.end() :]}".strip()) if real else ((), text)


def _years(given: str) -> tuple[int, ...]:
    return (int(given),) if len(given) == 4 else (1900 + int(given), 2000 + int(given))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")


@cache
def order_in(language: str) -> Order:
    """Return what is written first in a language's short dates."""
    pattern = get_date_format("short", locale=_locale(language)).pattern
    return "month" if pattern.find("M") < pattern.find("d") and not pattern.startswith("y") else "day"


@cache
def months_in(language: str) -> dict[str, int]:
    """Return the months by their folded names, long and short, in a language and in English."""
    names: dict[str, int] = {}
    for locale in (_locale("en"), _locale(language)):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                known = get_month_names(width, context=context, locale=locale)
                names |= {_folded(name).replace(" ", ""): number for number, name in known.items()}
    return names


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
