"""Tax codes, where a country has a rule that can be checked: what is well formed is python-stdnum's to say.

Italy's codice fiscale (D.M. 23.12.1976, n. 13814) says name, birth date, sex and place of birth, and ends with a check
letter. Firms, and people who have a temporary one, have eleven digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from importlib import import_module
from types import ModuleType

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.it import codicefiscale

ITALY = "IT"
# What people have, and what firms have where that is another number; by their modules in stdnum.
RULES: Mapping[str, tuple[str, ...]] = {
    "AT": ("at.tin",),
    "BE": ("be.nn", "be.bis", "be.vat"),
    "CH": ("ch.ssn", "ch.uid"),
    "CZ": ("cz.rc", "cz.dic"),
    "DE": ("de.idnr", "de.vat"),
    "DK": ("dk.cpr", "dk.cvr"),
    "ES": ("es.nif",),
    "FI": ("fi.hetu", "fi.ytunnus"),
    "FR": ("fr.nif", "fr.siren"),
    ITALY: ("it.codicefiscale", "it.iva"),
    "NL": ("nl.bsn",),
    "PL": ("pl.pesel", "pl.nip"),
    "PT": ("pt.nif",),
    "RO": ("ro.cnp", "ro.cf"),
    "SE": ("se.personnummer", "se.orgnr"),
    "US": ("us.tin",),
}
MONTHS = "ABCDEHLMPRST"
VOWELS = frozenset("AEIOU")
WOMAN = 40  # added to the day of birth
SEXES = {"F": "female", "M": "male"}


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
    rules = [import_module(f"stdnum.{name}") for name in RULES.get(country, ())]
    if not rules or not code:
        return []
    refusals = [_refusal(rule, code) for rule in rules]
    if None in refusals:
        return list(_disagreements(rules[refusals.index(None)], code, bearer))
    return [Fault.CHECK if Fault.CHECK in refusals else Fault.FORM]


def derive(bearer: Bearer, *, place: str = "") -> str:
    """Return an Italian code as far as it follows from what is known: all of it with the code of the place of birth."""
    if bearer.birth_date is None:
        return _surname(bearer.last_name) + _given_name(bearer.first_name)
    born = bearer.birth_date
    day = born.day + (WOMAN if bearer.sex == "female" else 0)
    start = f"{_surname(bearer.last_name)}{_given_name(bearer.first_name)}{born:%y}{MONTHS[born.month - 1]}{day:02d}"
    return start + place + codicefiscale.calc_check_digit(start + place) if place else start


def _refusal(rule: ModuleType, code: str) -> Fault | None:
    try:
        rule.validate(code)
    except InvalidChecksum:
        return Fault.CHECK
    except ValidationError:
        return Fault.FORM
    return None


def _disagreements(rule: ModuleType, code: str, bearer: Bearer) -> Iterator[Fault]:
    if rule is codicefiscale and not code.isdigit():
        parts = ((bearer.last_name, _surname, code[:3]), (bearer.first_name, _given_name, code[3:6]))
        if any(_letters(name) and made(name) != part for name, made, part in parts):
            yield Fault.NAME
    born, sex = _told_by(rule, code, "get_birth_date"), _told_by(rule, code, "get_gender")
    if born and bearer.birth_date and f"{born:%y%m%d}" != f"{bearer.birth_date:%y%m%d}":  # the century is not in all
        yield Fault.BORN
    if sex and bearer.sex in SEXES.values() and SEXES[str(sex)] != bearer.sex:
        yield Fault.SEX


def _told_by(rule: ModuleType, code: str, what: str) -> date | str | None:
    """Return what a code says of its bearer, if codes of its kind do and this one can be read."""
    try:
        told: date | str | None = getattr(rule, what)(code)
    except (AttributeError, ValidationError):
        return None
    return told


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
