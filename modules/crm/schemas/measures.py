"""Measures on the wire, in the words of FHIR's Observation. Units are those of UCUM."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import MeasureKind, Measurement
from modules.crm.services.measures import Measured, MeasureKindDetails

StatusName = Literal["final", "corrected", "entered-in-error"]
Beyond = Literal["low", "high", ""]


class MeasureKindIn(Schema):
    name: str = Field(max_length=80)
    unit: str = Field(max_length=20, description="By UCUM, such as kg, deg, Cel or {score}.")
    decimals: int = Field(0, ge=0, le=3)
    lowest: Decimal = Field(max_digits=10, decimal_places=3)
    highest: Decimal = Field(max_digits=10, decimal_places=3)
    normal_low: Decimal | None = Field(None, max_digits=10, decimal_places=3)
    normal_high: Decimal | None = Field(None, max_digits=10, decimal_places=3)

    def details(self) -> MeasureKindDetails:
        return MeasureKindDetails(**self.dict())


class MeasureKindOut(Schema):
    id: UUID
    name: str
    unit: str
    decimals: int
    lowest: Decimal
    highest: Decimal
    normal_low: Decimal | None
    normal_high: Decimal | None

    @classmethod
    def of(cls, kind: MeasureKind) -> MeasureKindOut:
        names = ("name", "unit", "decimals", "lowest", "highest", "normal_low", "normal_high")
        return cls(id=kind.pk, **{name: getattr(kind, name) for name in names})


class MeasurementIn(Schema):
    """`value` is a number as text, so that 4.20 stays 4.20. Without `at`, now."""

    kind_id: UUID
    value: str = Field(max_length=16)
    at: datetime | None = None
    method: str = Field("", max_length=80)
    comment: str = Field("", max_length=300)
    note_id: UUID | None = None
    appointment_id: UUID | None = None

    def measured(self) -> Measured:
        return Measured(**self.dict(exclude={"kind_id"}))


class CorrectionIn(Schema):
    value: str = Field(max_length=16)
    reason: str = Field(max_length=200)


class ErrorIn(Schema):
    reason: str = Field(max_length=200)


class MeasurementOut(Schema):
    """`interpretation` says whether it is lower or higher than what is usual. `replaces_id` is the one it corrects."""

    id: UUID
    patient_id: UUID
    kind_id: UUID
    name: str
    value: Decimal
    unit: str
    interpretation: Beyond
    at: Moment
    method: str
    comment: str
    note_id: UUID | None
    appointment_id: UUID | None
    status: StatusName
    reason: str
    replaces_id: UUID | None
    by_name: str
    recorded_at: Moment

    @classmethod
    def of(cls, row: Measurement) -> MeasurementOut:
        same = ("patient_id", "kind_id", "value", "at", "method", "comment", "note_id", "appointment_id", "reason")
        return cls(
            id=row.pk,
            name=row.kind.name,
            unit=row.kind.unit,
            interpretation=cast("Beyond", row.beyond),
            status=cast("StatusName", row.status),
            replaces_id=row.replaces_id,
            by_name=row.by_name,
            recorded_at=row.recorded_at,
            **{name: getattr(row, name) for name in same},
        )
