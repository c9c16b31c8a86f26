"""Diagnoses on the wire, in the words of FHIR's Condition."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Diagnosis
from modules.crm.models.codes import LONGEST_DISPLAY
from modules.crm.services.diagnoses import CHANGED, DiagnosisState

RoleName = Literal["arrival", "working", "final"]
VerificationName = Literal["provisional", "confirmed", "refuted", "entered-in-error"]


class DiagnosisIn(Schema):
    """`code_id` is that of a code in a list in use; if none fits, `text` says it in words."""

    episode_id: UUID
    code_id: UUID | None = None
    text: str = Field("", max_length=LONGEST_DISPLAY)
    role: RoleName = "working"
    verification_status: VerificationName = "provisional"
    onset_on: date | None = None
    ended_on: date | None = None

    def state(self) -> DiagnosisState:
        return DiagnosisState(
            role=self.role, verification=self.verification_status, onset_on=self.onset_on, ended_on=self.ended_on
        )


class DiagnosisPatch(Schema):
    """What is left out stays as it is."""

    role: RoleName | None = None
    verification_status: VerificationName | None = None
    onset_on: date | None = None
    ended_on: date | None = None

    def state(self, diagnosis: Diagnosis) -> DiagnosisState:
        said = self.dict(exclude_unset=True)
        if "verification_status" in said:
            said["verification"] = said.pop("verification_status")
        return DiagnosisState(**{name: said.get(name, getattr(diagnosis, name)) for name in CHANGED})


class DiagnosisOut(Schema):
    """Without a code, `display` is what was written. The version is that of the list then, which may be another now."""

    id: UUID
    patient_id: UUID
    episode_id: UUID
    code: str
    display: str
    system: str
    system_version: str
    role: RoleName
    verification_status: VerificationName
    onset_on: date | None
    ended_on: date | None
    recorded_at: Moment
    recorded_by_name: str
    version: int
    changed_at: Moment
    changed_by_name: str

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> DiagnosisOut:
        same = ("patient_id", "episode_id", "code", "display", "system", "system_version", "onset_on", "ended_on")
        told = ("recorded_at", "recorded_by_name", "version", "changed_at", "changed_by_name")
        return cls(
            id=diagnosis.pk,
            role=cast("RoleName", diagnosis.role),
            verification_status=cast("VerificationName", diagnosis.verification),
            **{name: getattr(diagnosis, name) for name in (*same, *told)},
        )
