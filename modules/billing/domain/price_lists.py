"""A price list of treatments in a file: which column is what, and what its cells mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

NEEDED = ("code", "name", "price")
COLUMNS = (*NEEDED, "unit", "tax_rate", "service", "included", "valid_from", "valid_until")
YES = frozenset({"1", "yes", "true", "x"})


class MissingColumns(ValueError):
    """`str(error)` names them."""


class WrongCell(ValueError):
    """`str(error)` is the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A row as it stands in the file; the price is a number, and the service its name."""

    code: str
    name: str
    price: Decimal
    unit: str
    tax_rate: Decimal
    service: str
    is_included: bool
    valid_from: date | None
    valid_until: date | None


def places_of(headers: Sequence[str]) -> dict[str, int]:
    """Return where each column is. Raises `MissingColumns`."""
    places = {header.strip().lower().replace(" ", "_"): place for place, header in enumerate(headers)}
    if missing := [name for name in NEEDED if name not in places]:
        raise MissingColumns(", ".join(missing))
    return {name: places[name] for name in COLUMNS if name in places}


def priced_in(cells: Sequence[str], places: dict[str, int]) -> Priced:
    """Return what a row says. Raises `WrongCell` at the first cell that cannot be read."""
    text = {name: " ".join(cells[place].split()) if place < len(cells) else "" for name, place in places.items()}
    return Priced(
        code=text["code"],
        name=text["name"],
        price=_number(text["price"], "price"),
        unit=text.get("unit", "") or "session",
        tax_rate=_number(text.get("tax_rate", "") or "0", "tax_rate"),
        service=text.get("service", ""),
        is_included=text.get("included", "").lower() in YES,
        valid_from=_day(text.get("valid_from", ""), "valid_from"),
        valid_until=_day(text.get("valid_until", ""), "valid_until"),
    )


def twice(codes: Sequence[str]) -> Iterator[int]:
    """Yield the places of the codes that stood there before."""
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code.lower() in seen:
            yield place
        seen.add(code.lower())


def _number(text: str, column: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", ".") if "." not in text else text)
    except InvalidOperation:
        raise WrongCell(column) from None
    if not value.is_finite():
        raise WrongCell(column)
    return value


def _day(text: str, column: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongCell(column) from None
