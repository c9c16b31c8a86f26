"""The wire shapes of treatments: the price list, and what was done in visits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.models import LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT, Treatment, TreatmentCode
from modules.billing.services import CodeDetails


class TreatmentCodeIn(Schema):
    """A line of the price list. The price is of one unit, tax included; `valid_until` is the last day."""

    code: str = Field(max_length=LONGEST_CODE)
    name: str = Field(max_length=LONGEST_NAME)
    price: Amount
    valid_from: date
    valid_until: date | None = None
    unit: str = Field("session", max_length=LONGEST_UNIT)
    tax_rate: Decimal = Decimal(0)
    service_id: UUID | None = None
    is_included: bool = False

    def details(self, currency: str) -> CodeDetails:
        return CodeDetails(**(self.dict() | {"price": Money.parse(self.price, currency)}))


class TreatmentCodeOut(Schema):
    id: UUID
    code: str
    name: str
    unit: str
    price: str
    currency: str
    tax_rate: str
    service_id: UUID | None
    is_included: bool
    valid_from: date
    valid_until: date | None

    @staticmethod
    def of(row: TreatmentCode) -> TreatmentCodeOut:
        return TreatmentCodeOut(
            id=row.pk,
            code=row.code,
            name=row.name,
            unit=row.unit,
            price=str(row.price),
            currency=row.currency,
            tax_rate=str(row.tax_rate),
            service_id=row.service_id,
            is_included=row.is_included,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )


class LoadedOut(Schema):
    rows: int


class TreatmentIn(Schema):
    treatment_code_id: UUID
    quantity: Decimal = Decimal(1)


class QuantityIn(Schema):
    quantity: Decimal


class FurtherInvoiceIn(Schema):
    appointment_id: UUID


class TreatmentOut(Schema):
    """What was done, at the price of the day. `amount` is what it comes to on the bill whose id is `invoice_id`."""

    id: UUID
    treatment_code_id: UUID
    code: str
    name: str
    unit: str
    quantity: float
    price: str
    amount: str
    currency: str
    is_included: bool
    by_name: str
    noted_at: Moment
    invoice_id: UUID | None

    @staticmethod
    def of(row: Treatment) -> TreatmentOut:
        return TreatmentOut(
            id=row.pk,
            treatment_code_id=row.treatment_code_id,
            code=row.code,
            name=row.name,
            unit=row.unit,
            quantity=float(row.quantity),
            price=str(Money(row.price_minor, row.currency)),
            amount=str(row.amount),
            currency=row.currency,
            is_included=row.is_included,
            by_name=row.by_name,
            noted_at=row.noted_at,
            invoice_id=row.invoice.pk if row.invoice else None,
        )
