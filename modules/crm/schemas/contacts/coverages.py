"""Insurances, on the wire."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from access.fields import seen_value
from httpapi.schemas import Schema
from modules.crm.models import Coverage
from modules.crm.services.contacts.coverages import KEPT, CoverageDetails

KindName = Literal["statutory", "private", "supplementary", "accident", "animal"]


class CoverageIn(Schema):
    """`payer_id` is an organisation that is a client here; with it `insurer` may be left out."""

    insurer: str = Field("", max_length=120)
    payer_id: UUID | None = None
    kind: KindName
    number: str = Field("", max_length=40)
    valid_from: date | None = None
    valid_until: date | None = Field(None, description="Its last day.")
    copayment: str = Field("", max_length=200)
    rank: int = Field(1, ge=1, le=9, description="1 is the one that is used first.")

    def details(self) -> CoverageDetails:
        return CoverageDetails(**self.dict())


class CoveragePatch(Schema):
    """What is left out stays as it is."""

    insurer: str = Field("", max_length=120)
    payer_id: UUID | None = None
    kind: KindName = "statutory"
    number: str = Field("", max_length=40)
    valid_from: date | None = None
    valid_until: date | None = None
    copayment: str = Field("", max_length=200)
    rank: int = Field(1, ge=1, le=9)

    def details(self, row: Coverage) -> CoverageDetails:
        kept: dict[str, Any] = {name: getattr(row, name) for name in KEPT} | {"number": None}
        return CoverageDetails(**kept | self.dict(exclude_unset=True))


class CoverageOut(Schema):
    id: UUID
    patient_id: UUID
    insurer: str
    payer_id: UUID | None
    payer_name: str
    kind: KindName
    number: str | None = Field(description="Null where the role may not see numbers of insured people.")
    valid_from: date | None
    valid_until: date | None
    copayment: str
    rank: int
    version: int

    @staticmethod
    def of(row: Coverage, *, seen_by: Any) -> CoverageOut:
        return CoverageOut(
            id=row.pk,
            patient_id=row.patient_id,
            insurer=row.insurer,
            payer_id=row.payer_id,
            payer_name=row.payer.name if row.payer else "",
            kind=cast("KindName", row.kind),
            number=seen_value(seen_by, row, "number"),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            copayment=row.copayment,
            rank=row.rank,
            version=row.version,
        )
