"""The wire shapes of people."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from ninja import Schema
from pydantic import Field

from httpapi.fields import Email, Moment
from modules.crm.models import Note, Patient

GenderName = Literal["female", "male", "other", "unknown"]


class ContactIn(Schema):
    first_name: str = Field(max_length=70)
    last_name: str = Field("", max_length=70)
    email: Email | Literal[""] = ""
    phone: str = Field("", max_length=40)
    street: str = Field("", max_length=120)
    postal_code: str = Field("", max_length=16)
    city: str = Field("", max_length=80)
    country: str = Field("", max_length=2)


class PatientIn(Schema):
    """A person; or, with `species`, an animal, whose owner is in `client` or known by `client_id`."""

    first_name: str = Field(max_length=70)
    last_name: str = Field("", max_length=70)
    birth_date: date | None = None
    gender: GenderName = "unknown"
    email: Email | Literal[""] = ""
    phone: str = Field("", max_length=40)
    street: str = Field("", max_length=120)
    postal_code: str = Field("", max_length=16)
    city: str = Field("", max_length=80)
    country: str = Field("", max_length=2)
    species: str = Field("", max_length=40)
    breed: str = Field("", max_length=60)
    alert: str = Field("", max_length=200)
    client_id: UUID | None = None
    client: ContactIn | None = None


class PatientPatch(Schema):
    first_name: str | None = Field(None, max_length=70)
    last_name: str | None = Field(None, max_length=70)
    birth_date: date | None = None
    gender: GenderName | None = None
    email: Email | Literal[""] | None = None
    phone: str | None = Field(None, max_length=40)
    street: str | None = Field(None, max_length=120)
    postal_code: str | None = Field(None, max_length=16)
    city: str | None = Field(None, max_length=80)
    country: str | None = Field(None, max_length=2)
    species: str | None = Field(None, max_length=40)
    breed: str | None = Field(None, max_length=60)
    alert: str | None = Field(None, max_length=200)


class PatientOut(Schema):
    id: UUID
    first_name: str
    last_name: str
    name: str
    birth_date: date | None
    gender: GenderName
    species: str
    breed: str
    alert: str
    client_id: UUID
    client_name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    has_account: bool
    is_active: bool
    created_at: Moment

    @staticmethod
    def of(patient: Patient) -> PatientOut:
        client = patient.client
        return PatientOut(
            id=patient.pk,
            first_name=patient.first_name,
            last_name=patient.last_name,
            name=patient.name,
            birth_date=patient.birth_date,
            gender=cast("GenderName", patient.gender),
            species=patient.species,
            breed=patient.breed,
            alert=patient.alert,
            client_id=client.pk,
            client_name=client.name,
            email=client.email,
            phone=client.phone,
            street=client.street,
            postal_code=client.postal_code,
            city=client.city,
            country=client.country,
            has_account=client.user_id is not None,
            is_active=patient.ended_at is None,
            created_at=patient.created_at,
        )


class NoteOut(Schema):
    id: UUID
    patient_id: UUID
    appointment_id: UUID | None
    author_name: str
    subjective: str
    objective: str
    assessment: str
    plan: str
    shared_with_patient: bool
    written_at: Moment
    signed_at: Moment | None

    @staticmethod
    def of(note: Note) -> NoteOut:
        return NoteOut.model_validate(note, from_attributes=True)
