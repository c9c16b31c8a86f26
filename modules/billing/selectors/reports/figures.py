"""What every report is: rows of a source that are added up by something, and the same rows behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.utils.functional import Promise

from kernel.money import Money
from modules.billing.domain.reports import Days

Words = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows with amounts in minor units, each of a document and a currency, and by what they can be added up.

    `of_document` says which document a row is of, and when, to whom and for whom that was; what is behind a figure is
    a row for each. `leads_to` is the page of such a document.
    """

    rows: Callable[[Any, Days], QuerySet[Any]]
    sums: Mapping[str, Any]
    keys: Mapping[str, Callable[[Days], Any]]
    of_document: Mapping[str, Any]
    leads_to: str = "billing:invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What belongs together comes to this, in one currency. Without a `key` it belongs to nothing of that kind."""

    key: str
    label: Words
    amounts: tuple[Money, ...]

    @property
    def currency(self) -> str:
        return self.amounts[0].currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a document has to do with a figure. `subject` is whose care it is about, for the audit log."""

    document: Any
    number: str
    day: Any
    whose: str
    subject: Any
    amounts: tuple[Money, ...]


def added_up(source: Source, user: Any, days: Days, *, by: str) -> list[tuple[Any, tuple[Money, ...]]]:
    """Return the sums by key and currency, in one query."""
    rows = source.rows(user, days).annotate(key=source.keys[by](days)).values("key", "currency")
    found = rows.annotate(**_sums(source)).order_by("key", "currency")
    return [(each["key"], _amounts(source, each)) for each in found if any(each[f"sum_{name}"] for name in source.sums)]


def totals(rows: Sequence[Row]) -> list[tuple[Money, ...]]:
    """Return what rows come to in each currency."""
    sums: dict[str, tuple[Money, ...]] = {}
    for row in rows:
        before = sums.get(row.currency, tuple(Money.zero(row.currency) for _ in row.amounts))
        sums[row.currency] = tuple(a + b for a, b in zip(before, row.amounts, strict=True))
    return [sums[currency] for currency in sorted(sums)]


def behind(source: Source, user: Any, days: Days, *, by: str, key: str | None, currency: str) -> QuerySet[Any]:
    """Return a row for each document behind a figure, the latest first: to be paged, and read by `as_behind`."""
    found = _of_key(source, user, days, by=by, key=key, currency=currency)
    rows = found.values("currency", **source.of_document).annotate(**_sums(source))
    return rows.exclude(**{f"sum_{name}": 0 for name in source.sums}).order_by("-day", "-document")


def sum_behind(source: Source, user: Any, days: Days, *, by: str, key: str | None, currency: str) -> tuple[Money, ...]:
    """Return what all the documents behind a figure come to."""
    found = _of_key(source, user, days, by=by, key=key, currency=currency).aggregate(**_sums(source))
    return _amounts(source, found | {"currency": currency})


def as_behind(source: Source, row: Mapping[str, Any]) -> Behind:
    names = ("document", "number", "day", "whose", "subject")
    return Behind(**{name: row[name] for name in names}, amounts=_amounts(source, row))


def _of_key(source: Source, user: Any, days: Days, *, by: str, key: str | None, currency: str) -> QuerySet[Any]:
    """Return the rows of a key; those that have none for an empty one; all of the currency if none is asked for."""
    rows = source.rows(user, days).filter(currency=currency)
    if key is None:
        return rows
    rows = rows.annotate(key=source.keys[by](days))
    try:
        return rows.filter(key=key) if key else rows.filter(key__isnull=True)
    except (ValidationError, ValueError):
        return rows.none()


def _sums(source: Source) -> dict[str, Sum]:
    return {f"sum_{name}": Sum(amount, default=0) for name, amount in source.sums.items()}


def _amounts(source: Source, row: Mapping[str, Any]) -> tuple[Money, ...]:
    return tuple(Money(int(row[f"sum_{name}"]), row["currency"]) for name in source.sums)
