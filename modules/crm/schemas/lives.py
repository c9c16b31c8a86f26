"""Weights of animals, and deaths, on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Weight


class WeightIn(Schema):
    """`measured_at` may be left out: now."""

    grams: int = Field(gt=0)
    measured_at: AwareDatetime | None = None


class WeightOut(Schema):
    id: UUID
    grams: int
    measured_at: Moment
    by_name: str

    @staticmethod
    def of(weight: Weight) -> WeightOut:
        return WeightOut.model_validate(weight, from_attributes=True)


class DeathIn(Schema):
    died_on: date
