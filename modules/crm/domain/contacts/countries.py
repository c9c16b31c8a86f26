"""The countries of the world (ISO 3166-1, by pycountry), by the names that a language has for them (CLDR, by Babel)."""

from __future__ import annotations

from functools import cache

import pycountry
from babel.core import Locale, UnknownLocaleError

from modules.crm.domain.folding import fold


@cache
def countries(language: str) -> list[tuple[str, str]]:
    """Return each country's two letters and its name in a language, in the order of the names."""
    named = [(code, country_name(code, language=language)) for code in _codes()]
    return sorted(named, key=lambda each: fold(each[1]))


def country_name(code: str, *, language: str) -> str:
    """Return what a country is called; what is no country's code is returned as it is."""
    return str(_locale(language).territories.get(code, code))


def is_country(code: str) -> bool:
    return code in _codes()


@cache
def _codes() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")
