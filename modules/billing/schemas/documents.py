"""The wire shapes of the series of numbers, and of what is credited."""

from __future__ import annotations

from decimal import Decimal
from typing import cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount
from httpapi.schemas import Schema
from modules.billing.models import NumberSeries
from modules.billing.schemas.invoices import KindName


class SeriesIn(Schema):
    """What the numbers of a series begin with, from this year or the next; nothing at a location: the practice's."""

    kind: KindName
    location_id: UUID | None = None
    prefix: str = Field("", max_length=8)
    year: int


class SeriesOut(Schema):
    """A series in a year. Without a prefix (null) the location counts with the practice."""

    kind: KindName
    location_id: UUID | None
    year: int
    prefix: str | None
    next_number: str | None

    @staticmethod
    def of(series: NumberSeries) -> SeriesOut:
        return SeriesOut(
            kind=cast("KindName", series.kind),
            location_id=series.location_id,
            year=series.year,
            prefix=series.prefix,
            next_number=series.shown(series.next) if series.prefix is not None else None,
        )


class CreditLineIn(Schema):
    """What of a line is credited: a `quantity`, or an `amount` with tax; without either all that is left.

    With `restock`, goods that come back go on the shelf.
    """

    line_id: UUID
    quantity: Decimal | None = None
    amount: Amount | None = None
    restock: bool = False


class CreditIn(Schema):
    """Why, and what. Without lines, all that is left of the invoice."""

    reason: str = Field(max_length=200)
    lines: list[CreditLineIn] = Field(default_factory=list, max_length=200)
