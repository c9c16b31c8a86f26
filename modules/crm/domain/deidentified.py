"""Rows in which nobody is alone: k-anonymity by generalising whole columns, and by leaving out what is still rare.

L. Sweeney, "k-anonymity: a model for protecting privacy", 2002. A column has levels, the first as it is, the last the
same for everybody. Of all choices of levels the least general one is taken by which little has to be left out; how much
that was is nothing, or `k` people or more, so that the number itself tells of nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import NamedTuple

USUAL, LOWEST, HIGHEST = 11, 5, 100
ALL = "*"
AT_MOST_LEFT_OUT = 0.1  # of the people; beyond it the next level is tried
OF_FEW = 1 / 3  # of few people as many as 2 k may be left out, up to this part: a tenth of them is fewer than k

Level = tuple[str, Callable[[str], str]]


class Row(NamedTuple):
    """A line before anything is done to it: whose it is, and the columns by which somebody could be told."""

    who: Hashable
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how it can be said more generally, step by step: (what the step is called, how it is done)."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What became of rows, in the order they came: the generalised values, or None for one that is left out.

    `people_left_out` is nothing, or k or more; None if there were fewer than k people, and nothing can be said of them.
    """

    rows: tuple[tuple[str, ...] | None, ...]
    levels: Mapping[str, str]
    people: int
    people_left_out: int | None
    smallest: int


def anonymise(rows: Sequence[Row], columns: Sequence[Column], *, k: int) -> Anonymous:
    """Return the rows so that each combination of values in them is of `k` people or more.

    The same rows, in the same order, give the same answer.
    """
    people = _combined(rows)
    for steps in _least_general_first(columns):
        classes = _classes(people, columns, steps)
        kept = {values: who for values, who in classes.items() if len(who) >= k}
        inside = set().union(*kept.values())
        outside = set().union(*(who for values, who in classes.items() if values not in kept))
        if kept and _may_be_told(len(outside), k=k, of=len(inside | outside)):
            levels = {column.name: column.levels[step][0] for column, step in zip(columns, steps, strict=True)}
            said = tuple(_kept(row, columns, steps, kept) for row in rows)
            return Anonymous(said, levels, len(inside), len(outside), min(map(len, kept.values())))
    nothing = {column.name: column.levels[-1][0] for column in columns}
    return Anonymous((None,) * len(rows), nothing, 0, None if rows else 0, 0)


def _combined(rows: Iterable[Row]) -> dict[tuple[str, ...], set[Hashable]]:
    people: dict[tuple[str, ...], set[Hashable]] = defaultdict(set)
    for row in rows:
        people[row.values].add(row.who)
    return people


def _least_general_first(columns: Sequence[Column]) -> Iterator[tuple[int, ...]]:
    """Yield every choice of levels: those with fewer steps first, and of these the ones that spare earlier columns."""
    choices = product(*(range(len(column.levels)) for column in columns))
    return iter(sorted(choices, key=lambda steps: (sum(steps), steps)))


def _classes(
    people: Mapping[tuple[str, ...], set[Hashable]], columns: Sequence[Column], steps: Sequence[int]
) -> dict[tuple[str, ...], set[Hashable]]:
    classes: dict[tuple[str, ...], set[Hashable]] = defaultdict(set)
    for values, who in people.items():
        classes[_generalised(values, columns, steps)] |= who
    return classes


def _generalised(values: Sequence[str], columns: Sequence[Column], steps: Sequence[int]) -> tuple[str, ...]:
    each = zip(values, columns, steps, strict=True)
    return tuple(column.levels[step][1](value) for value, column, step in each)


def _kept(
    row: Row,
    columns: Sequence[Column],
    steps: Sequence[int],
    kept: Mapping[tuple[str, ...], set[Hashable]],
) -> tuple[str, ...] | None:
    values = _generalised(row.values, columns, steps)
    return values if values in kept else None


def _may_be_told(left_out: int, *, k: int, of: int) -> bool:
    return left_out == 0 or k <= left_out <= most_left_out(k=k, of=of)


def most_left_out(*, k: int, of: int) -> float:
    """Return how many of so many people may be left out before the next level is tried."""
    return max(AT_MOST_LEFT_OUT * of, min(2 * k, OF_FEW * of))


def _same(value: str) -> str:
    return value


def _everything(_value: str) -> str:
    return ALL


def age_in_years(born: date | None, *, on: date) -> str:
    """Return an age in whole years; of whom nobody knows it, nothing."""
    if born is None or born > on:
        return ""
    return str(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def _band(years: int) -> Callable[[str], str]:
    def band(age: str) -> str:
        if not age:
            return ""
        first = min(int(age), 90) // years * years
        return f"{first}+" if first + years > 90 else f"{first}-{first + years - 1}"

    return band


def _stage(age: str) -> str:
    if not age:
        return ""
    return "0-17" if int(age) < 18 else "18-64" if int(age) < 65 else "65+"


def _quarter(month: str) -> str:
    year, _, number = month.partition("-")
    return f"{year}-Q{(int(number) + 2) // 3}"


def _year(month: str) -> str:
    return month[:4]


AGE = Column(
    "age",
    (("ten years", _band(10)), ("twenty years", _band(20)), ("child, adult, older", _stage), ("left out", _everything)),
)
SEX = Column("sex", (("as it is", _same), ("left out", _everything)))
REGION = Column("region", (("first level", _same), ("left out", _everything)))
SPECIES = Column("species", (("as it is", _same), ("left out", _everything)))
MONTH = Column("month", (("month", _same), ("quarter", _quarter), ("year", _year), ("left out", _everything)))
SERVICE = Column("service", (("as it is", _same), ("left out", _everything)))
STATE = Column("state", (("as it is", _same), ("left out", _everything)))
