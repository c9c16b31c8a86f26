"""The regions of a country and the districts in them: the ISO's own list (ISO 3166-2, by pycountry), until a workspace
loads one of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import pycountry

from modules.crm.domain.folding import fold
from modules.crm.domain.imports.tables import Row

LONGEST = 80  # of a name, in characters
MOST = 50_000
Regions = Mapping[str, tuple[str, ...]]  # the districts of each region, both in the order of the alphabet


class WrongList(ValueError):
    """A list that is not taken; `str(error)` is a word, `rows` say in which rows of the file."""

    def __init__(self, word: str, rows: Sequence[int] = ()) -> None:
        super().__init__(word)
        self.rows = rows


class District(NamedTuple):
    """A district of a region; without a name it is the region alone."""

    region: str
    name: str = ""


@cache
def usual_regions(country: str) -> Regions:
    """Return what ISO 3166-2 knows of a country (ISO 3166-1 alpha-2); nothing of one that there is not."""
    if not country:
        return {}
    known = {each.code: each for each in pycountry.subdivisions.get(country_code=country) or ()}
    tops = {code: each.name for code, each in known.items() if each.parent_code not in known}
    return in_order(
        [
            *(District(name) for name in tops.values()),
            *(District(tops[each.parent_code], each.name) for each in known.values() if each.parent_code in tops),
        ]
    )


def in_order(districts: Iterable[District]) -> Regions:
    """Put districts under their regions, each once, whatever order they came in."""
    found: dict[str, set[str]] = {}
    for region, name in districts:
        found.setdefault(region, set()).update({name} - {""})
    return {region: tuple(sorted(found[region], key=fold)) for region in sorted(found, key=fold)}


def as_listed(typed: str, names: Iterable[str]) -> str:
    """Return a name as the list writes it, if it is there but for accents and capitals; else as it was typed."""
    wanted = fold(typed)
    return next((name for name in names if fold(name) == wanted), typed) if wanted else typed


def read_districts(headers: Sequence[str], rows: Iterable[Row]) -> list[District]:
    """Return what a file lists in its columns “region” and, if there is one, “district”.

    Raises `WrongList` without that column, and with the numbers of rows that have no region or names that are too long.
    """
    places = {fold(header): place for place, header in enumerate(headers)}
    if "region" not in places:
        raise WrongList("no-region-column")
    found: list[District] = []
    wrong: list[int] = []
    for row in rows:
        region = _cell(row, places["region"])
        name = _cell(row, places.get("district"))
        if row.problem or not region or max(len(region), len(name)) > LONGEST:
            wrong.append(row.number)
        found.append(District(region, name))
    if wrong:
        raise WrongList("wrong-rows", wrong)
    return found


def _cell(row: Row, place: int | None) -> str:
    return " ".join(row.cells[place].split()) if place is not None and place < len(row.cells) else ""
