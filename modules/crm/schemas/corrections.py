"""Corrections that people ask for, on the wire."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.corrections import LONGEST_STATEMENT, LONGEST_VALUE
from modules.crm.models import Correction
from modules.crm.services.corrections import Wish

FieldName = Literal[
    "patient.first_name",
    "patient.last_name",
    "patient.preferred_name",
    "patient.birth_date",
    "client.phone",
    "client.email",
    "client.street",
    "client.postal_code",
    "client.city",
    "",
]
StateName = Literal["asked", "accepted", "refused"]


class CorrectionIn(Schema):
    """A field with what is right; or words about a note, a document, or anything."""

    field: FieldName = ""
    right: str = Field("", max_length=LONGEST_VALUE)
    words: str = Field("", max_length=LONGEST_STATEMENT)
    note_id: UUID | None = None
    document_id: UUID | None = None

    def wish(self) -> Wish:
        return Wish(**self.dict())


class CorrectionAnswerIn(Schema):
    """`beside` leaves a note as it is and keeps their words beside it. A refusal needs its reason."""

    deed: Literal["accept", "beside", "refuse"]
    answer: str = Field("", max_length=LONGEST_STATEMENT)


class CorrectionOut(Schema):
    """`stands` is what the field said when it was asked."""

    id: UUID
    patient_id: UUID
    field: FieldName
    note_id: UUID | None
    document_id: UUID | None
    stands: str
    right: str
    words: str
    state: StateName
    is_beside: bool
    asked_at: Moment
    asked_by_name: str
    answer: str
    answered_at: Moment | None
    answered_by_name: str

    @classmethod
    def of(cls, row: Correction) -> CorrectionOut:
        same = ("patient_id", "note_id", "document_id", "stands", "right", "words", "is_beside")
        when = ("asked_at", "asked_by_name", "answer", "answered_at", "answered_by_name")
        return cls(
            id=row.pk,
            field=cast("FieldName", row.field),
            state=cast("StateName", row.state),
            **{name: getattr(row, name) for name in (*same, *when)},
        )


class CorrectionsOut(Schema):
    items: list[CorrectionOut]
