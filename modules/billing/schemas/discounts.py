"""The wire shapes of discounts and surcharges, their reasons, and how much each role may give."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.domain.adjustments import Kind
from modules.billing.models import LONGEST_REASON, DiscountReason
from modules.billing.services import WishedAdjustment


class AdjustmentIn(Schema):
    """Either `percent` or `amount`. A discount needs a reason, which stands on the bill."""

    kind: Literal["DISCOUNT", "SURCHARGE"] = "DISCOUNT"
    percent: Decimal | None = None
    amount: Amount | None = None
    reason: str = Field("", max_length=LONGEST_REASON)

    def wished(self, currency: str) -> WishedAdjustment:
        amount = Money.parse(self.amount, currency) if self.amount is not None else None
        return WishedAdjustment(kind=Kind(self.kind), percent=self.percent, amount=amount, reason=self.reason)


class NewAdjustmentIn(AdjustmentIn):
    """Without a `line_id` it is on the whole invoice."""

    line_id: UUID | None = None


class DiscountReasonIn(Schema):
    text: str = Field(max_length=LONGEST_REASON)


class DiscountReasonOut(Schema):
    id: UUID
    text: str

    @staticmethod
    def of(row: DiscountReason) -> DiscountReasonOut:
        return DiscountReasonOut(id=row.pk, text=row.text)


class DiscountLimits(Schema):
    """How many per cent each role may give without asking; null: as many as they like. Owners always may."""

    admin: Decimal | None
    practitioner: Decimal | None
    receptionist: Decimal | None
