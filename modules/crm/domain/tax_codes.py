"""Tax codes, where a country has a rule that can be checked.

Italy's codice fiscale (D.M. 23.12.1976, n. 13814) says name, birth date, sex and place of birth, and ends with a check
letter. Firms, and people who have a temporary one, have eleven digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

ITALY = "IT"
PERSONAL = re.compile(r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-MZ][0-9L-NP-V]{3}[A-Z]")
NUMERIC = re.compile(r"\d{11}")
MONTHS = "ABCDEHLMPRST"
DIGITS_AT = (6, 7, 9, 10, 12, 13, 14)
INSTEAD = dict(zip("LMNPQRSTUV", "0123456789", strict=True))  # where two people would have the same code
VOWELS = frozenset("AEIOU")
TEN = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)  # of the digits, and of the letters from A to J
REST = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (*TEN, *TEN, *REST), strict=True))
EVEN = {sign: int(sign) if sign.isdigit() else ord(sign) - ord("A") for sign in ODD}
WOMAN = 40  # added to the day of birth


class Fault(Enum):
    """What a code does not agree with."""

    FORM = "form"
    CHECK = "check"
    NAME = "name"
    BORN = "born"
    SEX = "sex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whose code it is said to be. What is not known is not checked."""

    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    sex: str = ""


def as_written(code: str) -> str:
    """Return a code the way it is kept: in capitals, without spaces, dots or dashes."""
    return re.sub(r"[\s.\-/]", "", code).upper()


def faults_of(code: str, *, country: str, bearer: Bearer) -> list[Fault]:
    """Return what is wrong with a code as it is kept. Where a country has no rule here, nothing is."""
    if country != ITALY or not code:
        return []
    if NUMERIC.fullmatch(code):
        return [] if _luhn(code) else [Fault.CHECK]
    if not PERSONAL.fullmatch(code):
        return [Fault.FORM]
    if check_letter(code[:15]) != code[15]:
        return [Fault.CHECK]
    return list(_disagreements(code, bearer))


def derive(bearer: Bearer, *, place: str = "") -> str:
    """Return an Italian code as far as it follows from what is known: all of it with the code of the place of birth."""
    if bearer.birth_date is None:
        return _surname(bearer.last_name) + _given_name(bearer.first_name)
    born = bearer.birth_date
    day = born.day + (WOMAN if bearer.sex == "female" else 0)
    start = f"{_surname(bearer.last_name)}{_given_name(bearer.first_name)}{born:%y}{MONTHS[born.month - 1]}{day:02d}"
    return start + place + check_letter(start + place) if place else start


def check_letter(start: str) -> str:
    """Return the letter that the fifteen before it ask for."""
    total = sum((EVEN if at % 2 else ODD)[sign] for at, sign in enumerate(start))
    return chr(ord("A") + total % 26)


def _disagreements(code: str, bearer: Bearer) -> Iterator[Fault]:
    digits = "".join(INSTEAD.get(sign, sign) if at in DIGITS_AT else sign for at, sign in enumerate(code))
    parts = ((bearer.last_name, _surname, code[:3]), (bearer.first_name, _given_name, code[3:6]))
    if any(_letters(name) and made(name) != part for name, made, part in parts):
        yield Fault.NAME
    day = int(digits[9:11])
    born = bearer.birth_date
    if born and f"{born:%y}{MONTHS[born.month - 1]}{born.day:02d}" != f"{digits[6:9]}{day % WOMAN:02d}":
        yield Fault.BORN
    if bearer.sex in ("female", "male") and (bearer.sex == "female") != (day > WOMAN):
        yield Fault.SEX


def _surname(name: str) -> str:
    letters = _letters(name)
    return (_consonants(letters) + _vowels(letters) + "XXX")[:3]


def _given_name(name: str) -> str:
    """Of four consonants and more, the second is left out."""
    consonants = _consonants(_letters(name))
    return consonants[0] + consonants[2:4] if len(consonants) > 3 else _surname(name)


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.upper().replace("ß", "SS"))
    return "".join(sign for sign in plain if "A" <= sign <= "Z")


def _consonants(letters: str) -> str:
    return "".join(sign for sign in letters if sign not in VOWELS)


def _vowels(letters: str) -> str:
    return "".join(sign for sign in letters if sign in VOWELS)


def _luhn(digits: str) -> bool:
    doubled = [int(sign) * (1 + at % 2) for at, sign in enumerate(digits)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
