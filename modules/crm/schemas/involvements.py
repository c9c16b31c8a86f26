"""Who answers for a patient, on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount
from httpapi.schemas import Schema
from modules.crm.models import Involvement
from modules.crm.schemas.people import ContactIn
from modules.crm.services import Part

RoleName = Literal["client", "owner", "payer", "guardian", "consenter", "authoriser", "emergency"]


class InvolvementIn(Schema):
    """A client who is known by `client_id`, or a new one in `client`. `until` is the first day it is no longer.

    Who becomes the `client` is written to from today on, in place of who was.
    """

    role: RoleName
    client_id: UUID | None = None
    client: ContactIn | None = None
    share: Decimal | None = Field(None, description="Of an owner, in percent.", decimal_places=2)
    since: date | None = Field(None, description="Today, if left out.")
    until: date | None = None

    def part(self) -> Part:
        return Part(role=self.role, share=self.share, since=self.since, until=self.until)


class InvolvementPatch(Schema):
    """What is left out stays as it is."""

    share: Decimal | None = Field(None, decimal_places=2)
    since: date | None = None
    until: date | None = None

    def part(self, row: Involvement) -> Part:
        said = self.dict(exclude_unset=True)
        kept = {name: said.get(name, getattr(row, name)) for name in ("share", "since", "until")}
        return Part(role=row.role, **kept)


class HandOverIn(Schema):
    """To whom it goes, from the day `on`."""

    on: date
    client_id: UUID | None = None
    client: ContactIn | None = None


class InvolvementOut(Schema):
    id: UUID
    patient_id: UUID
    client_id: UUID
    client_name: str
    client_phone: str
    client_email: str
    role: RoleName
    share: Amount | None
    since: date
    until: date | None
    version: int

    @staticmethod
    def of(row: Involvement) -> InvolvementOut:
        return InvolvementOut(
            id=row.pk,
            patient_id=row.patient_id,
            client_id=row.client_id,
            client_name=row.client.name,
            client_phone=row.client.phone,
            client_email=row.client.email,
            role=cast("RoleName", row.role),
            share=row.share,
            since=row.since,
            until=row.until,
            version=row.version,
        )
