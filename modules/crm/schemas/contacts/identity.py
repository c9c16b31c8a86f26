"""Identity documents, on the wire."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from modules.crm.models import IdentityDocument
from modules.crm.services.contacts.identity import KEPT, IdentityDetails

KindName = Literal["passport", "identity_card", "driving_licence", "residence_permit", "birth_certificate", "other"]


class IdentityIn(Schema):
    """A paper of the patient, or with `of_client` of whoever is written to about them."""

    of_client: bool = False
    kind: KindName
    number: str = Field(max_length=40, description="Kept in capital letters, without spaces, dots and dashes.")
    country: str = Field("", max_length=2, description="Of issue: ISO 3166-1 alpha-2.")
    issued_by: str = Field("", max_length=120)
    valid_until: date | None = Field(None, description="Its last day.")

    def details(self) -> IdentityDetails:
        return IdentityDetails(**{name: getattr(self, name) for name in KEPT})


class IdentityPatch(Schema):
    """What is left out stays as it is."""

    kind: KindName = "other"
    number: str = Field("", max_length=40)
    country: str = Field("", max_length=2)
    issued_by: str = Field("", max_length=120)
    valid_until: date | None = None

    def details(self, row: IdentityDocument) -> IdentityDetails:
        kept: dict[str, Any] = {name: getattr(row, name) for name in KEPT}
        return IdentityDetails(**kept | self.dict(exclude_unset=True))


class IdentityOut(Schema):
    id: UUID
    patient_id: UUID | None
    client_id: UUID | None
    holder_name: str
    kind: KindName
    number: str
    country: str
    issued_by: str
    valid_until: date | None
    version: int

    @staticmethod
    def of(row: IdentityDocument) -> IdentityOut:
        return IdentityOut(
            id=row.pk,
            patient_id=row.patient_id,
            client_id=row.client_id,
            holder_name=row.holder_name,
            kind=cast("KindName", row.kind),
            number=row.number,
            country=row.country,
            issued_by=row.issued_by,
            valid_until=row.valid_until,
            version=row.version,
        )
