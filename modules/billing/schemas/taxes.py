"""The wire shapes of the rates of tax."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from modules.billing.domain.taxes import Category
from modules.billing.models import LONGEST_TAX_CODE, LONGEST_TAX_NAME, LONGEST_TAX_REASON, TaxRate
from modules.billing.services import RateDetails

CategoryName = Literal["S", "Z", "E", "AE", "O"]  # of EN 16931


class TaxRateIn(Schema):
    """What a rate is from a day on. A name that is known is that one, which ends the day before."""

    name: str = Field(max_length=LONGEST_TAX_NAME)
    category: CategoryName = "S"
    percent: Decimal = Decimal(0)
    valid_from: date
    reason: str = Field("", max_length=LONGEST_TAX_REASON)
    code: str = Field("", max_length=LONGEST_TAX_CODE)
    is_usual: bool = True

    def details(self) -> RateDetails:
        return RateDetails(**(self.dict() | {"category": Category(self.category)}))


class TaxRateOut(Schema):
    id: UUID
    name: str
    category: CategoryName
    percent: str
    reason: str
    code: str
    is_usual: bool
    valid_from: date
    valid_until: date | None

    @staticmethod
    def of(row: TaxRate) -> TaxRateOut:
        return TaxRateOut(
            id=row.pk,
            name=row.name,
            category=cast("CategoryName", row.category),
            percent=f"{row.percent:.2f}",
            reason=row.reason,
            code=row.code,
            is_usual=row.is_usual,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )


class TaxPresetIn(Schema):
    country: str = Field(min_length=2, max_length=2)  # ISO 3166-1


class LastDayIn(Schema):
    until: date


class TaxRulesIn(Schema):
    """What is done about the Italian stamp duty: nothing, borne by the practice, or passed on."""

    stamp_duty: Literal["", "BORNE", "PASSED_ON"]
