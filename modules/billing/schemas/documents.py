"""The wire shapes of the series of numbers."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from ninja import Schema
from pydantic import Field

from modules.billing.models import NumberSeries

KindName = Literal["INVOICE", "CREDIT_NOTE"]


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
