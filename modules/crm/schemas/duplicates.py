"""The wire shapes of who may be known already."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Email
from httpapi.schemas import Schema
from modules.crm.domain.duplicates import Facts, Reason
from modules.crm.schemas.people import GenderName
from modules.crm.selectors.duplicates import Candidate
from modules.crm.selectors.facts import read_facts


class FactsIn(Schema):
    """Whatever is known of somebody so far; of an animal also the species, and the owner's name."""

    first_name: str = Field("", max_length=70)
    last_name: str = Field("", max_length=70)
    organisation: str = Field("", max_length=120)
    birth_date: date | None = None
    gender: GenderName = "unknown"
    phone: str = Field("", max_length=40)
    email: Email | Literal[""] = ""
    country: str = Field("", max_length=2)
    tax_code: str = Field("", max_length=32)
    identity_number: str = Field("", max_length=40, description="Of a passport or another paper, whatever its country.")
    microchip: str = Field("", max_length=24)
    species: str = Field("", max_length=40)
    owner: str = Field("", max_length=140)

    def facts(self) -> Facts:
        said = self.dict(exclude={"organisation", "owner"})
        return read_facts(said | {"client_organisation": self.organisation, "owner_first_name": self.owner})


class CandidateOut(Schema):
    """With `is_owner` it is the client who may be known: the patient is one of their animals."""

    patient_id: UUID
    client_id: UUID
    name: str
    birth_date: date | None
    is_owner: bool
    score: int = Field(description="From 25, a hint, to 100; from 50 on it is likely.")
    reasons: list[Reason] = Field(description="What speaks for it and against it. Never what the role may not see.")

    @staticmethod
    def of(candidate: Candidate) -> CandidateOut:
        patient = candidate.patient
        return CandidateOut(
            patient_id=patient.pk,
            client_id=patient.client_id,
            name=patient.client.name if candidate.is_owner else patient.name,
            birth_date=patient.birth_date,
            is_owner=candidate.is_owner,
            score=candidate.score,
            reasons=list(candidate.reasons),
        )
