"""What an owner can choose from: time zones, currencies, languages; and a first guess from what the browser says."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from babel.core import Locale, get_global
from babel.numbers import get_currency_name, get_territory_currencies
from django.conf import settings
from django.http import HttpRequest

CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

Choices = list[tuple[str, str]]


@cache
def time_zones() -> Choices:
    """Return the zones that are named after a place, as the person who picks one would look for them."""
    zones = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in CONTINENTS)
    return [(zone, zone.replace("_", " ").replace("/", ", ", 1)) for zone in [*zones, "UTC"]]


@cache
def currencies(locale: str) -> Choices:
    """Return the currencies that are legal tender somewhere today, each with its name in `locale`."""
    regions = get_global("territory_currencies")
    codes = {code for region in regions for code in get_territory_currencies(region)}
    return sorted((code, f"{code}, {get_currency_name(code, locale=locale)}") for code in codes)


def languages() -> Choices:
    return list(settings.LANGUAGES)


def region_of(request: HttpRequest) -> str:
    """Return the region that the browser's first language speaks of ("GB"), or "" if it does not say."""
    first = request.headers.get("Accept-Language", "").split(",")[0].partition(";")[0].strip()
    try:
        return Locale.parse(first, sep="-").territory or ""
    except (ValueError, TypeError):
        return ""


def currency_of(region: str) -> str:
    """Return the currency of a region, or "" for one that has none or is unknown."""
    found = get_territory_currencies(region) if region else []
    return found[0] if found else ""


def time_zone_of(region: str) -> str:
    """Return the zone of a region that has but one. Others have to choose, or their browser does."""
    offered = {zone for zone, _ in time_zones()}
    here = [zone for zone, place in get_global("zone_territories").items() if place == region and zone in offered]
    return here[0] if len(here) == 1 else ""
