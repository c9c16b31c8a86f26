"""The wire shapes of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import AwareDatetime, Field

from access.grounds import Ground
from httpapi.fields import Email, Moment
from httpapi.schemas import Schema
from modules.crm.domain.flags import ShownFlag
from modules.crm.models import KINDS, Client, Patient, PatientGrant
from modules.crm.schemas.flags import ShownFlagOut
from modules.crm.selectors import Access, Colleague, Reader
from modules.crm.services import LONGEST_REASON
from tenants.activity.telling import Line

GenderName = Literal["female", "male", "other", "unknown"]


class ContactIn(Schema):
    """A person, or an `organisation` and whom to ask for there."""

    organisation: str = Field("", max_length=120)
    first_name: str = Field("", max_length=70)
    last_name: str = Field("", max_length=70)
    email: Email | Literal[""] = ""
    phone: str = Field("", max_length=40)
    street: str = Field("", max_length=120)
    postal_code: str = Field("", max_length=16)
    city: str = Field("", max_length=80)
    region: str = Field("", max_length=80)
    district: str = Field("", max_length=80)
    country: str = Field("", max_length=2)
    tax_code: str = Field("", max_length=32)


class PatientIn(Schema):
    """A person; or, with `species`, an animal, whose owner is in `client` or known by `client_id`."""

    first_name: str = Field(max_length=70)
    last_name: str = Field("", max_length=70)
    preferred_name: str = Field("", max_length=70)
    birth_date: date | None = None
    gender: GenderName = "unknown"
    email: Email | Literal[""] = ""
    phone: str = Field("", max_length=40)
    street: str = Field("", max_length=120)
    postal_code: str = Field("", max_length=16)
    city: str = Field("", max_length=80)
    region: str = Field("", max_length=80)
    district: str = Field("", max_length=80)
    country: str = Field("", max_length=2)
    tax_code: str = Field("", max_length=32)
    species: str = Field("", max_length=40)
    breed: str = Field("", max_length=60)
    neutered: bool | None = None
    microchip: str = Field("", max_length=24)
    colour: str = Field("", max_length=60)
    client_id: UUID | None = None
    client: ContactIn | None = None


class PatientPatch(Schema):
    first_name: str | None = Field(None, max_length=70)
    last_name: str | None = Field(None, max_length=70)
    preferred_name: str | None = Field(None, max_length=70)
    birth_date: date | None = None
    gender: GenderName | None = None
    email: Email | Literal[""] | None = None
    phone: str | None = Field(None, max_length=40)
    street: str | None = Field(None, max_length=120)
    postal_code: str | None = Field(None, max_length=16)
    city: str | None = Field(None, max_length=80)
    region: str | None = Field(None, max_length=80)
    district: str | None = Field(None, max_length=80)
    country: str | None = Field(None, max_length=2)
    tax_code: str | None = Field(None, max_length=32)
    client_tax_code: str | None = Field(None, max_length=32)
    organisation: str | None = Field(None, max_length=120)
    species: str | None = Field(None, max_length=40)
    breed: str | None = Field(None, max_length=60)
    neutered: bool | None = None
    microchip: str | None = Field(None, max_length=24)
    colour: str | None = Field(None, max_length=60)


HiddenFields = Mapping[type[Patient] | type[Client], frozenset[str]]


class PatientOut(Schema):
    id: UUID
    first_name: str
    last_name: str
    name: str
    preferred_name: str
    birth_date: date | None
    gender: GenderName
    species: str
    breed: str
    neutered: bool | None
    microchip: str
    colour: str
    tax_code: str | None = Field(description="Null where the role may not see tax codes.")
    flags: list[ShownFlagOut] | None = Field(
        description="What there is to know, the gravest first. Null where the role sees no flags."
    )
    client_id: UUID
    client_name: str
    organisation: str
    client_tax_code: str | None = Field(description="Null where the role may not see tax codes.")
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    region: str
    district: str
    country: str
    has_account: bool
    is_active: bool
    died_on: date | None
    created_at: Moment

    @staticmethod
    def of(patient: Patient, *, hidden: HiddenFields, flags: Sequence[ShownFlag] | None) -> PatientOut:
        client = patient.client
        return PatientOut(
            id=patient.pk,
            first_name=patient.first_name,
            last_name=patient.last_name,
            name=patient.name,
            preferred_name=patient.preferred_name,
            birth_date=patient.birth_date,
            gender=cast("GenderName", patient.gender),
            species=patient.species,
            breed=patient.breed,
            neutered=patient.neutered,
            microchip=patient.microchip,
            colour=patient.colour,
            tax_code=None if "tax_code" in hidden[Patient] else patient.tax_code,
            flags=None if flags is None else [ShownFlagOut.of(flag) for flag in flags],
            client_id=client.pk,
            client_name=client.name,
            organisation=client.organisation,
            client_tax_code=None if "tax_code" in hidden[Client] else client.tax_code,
            email=client.email,
            phone=client.phone,
            street=client.street,
            postal_code=client.postal_code,
            city=client.city,
            region=client.region,
            district=client.district,
            country=client.country,
            has_account=client.user_id is not None,
            is_active=patient.ended_at is None,
            died_on=patient.died_on,
            created_at=patient.created_at,
        )


KindName = Literal["care", "shared", "emergency"]


class ColleagueOut(Schema):
    member_id: UUID
    name: str

    @staticmethod
    def of(colleague: Colleague) -> ColleagueOut:
        return ColleagueOut(member_id=colleague.member_id, name=colleague.name)


class AccessIn(Schema):
    """`care` lets a colleague read and write; `shared` lets them read, until a moment if one is given."""

    member_id: UUID
    kind: Literal["care", "shared"]
    reason: str = Field(max_length=LONGEST_REASON)
    until: AwareDatetime | None = None


class EndAccessIn(Schema):
    """What to end, as the list names it. `to_member_id` hands care over."""

    user_id: UUID
    kind: KindName
    reason: str = Field(max_length=LONGEST_REASON)
    to_member_id: UUID | None = None


class AccessOut(Schema):
    user_id: UUID
    name: str
    kind: KindName
    reason: str
    given_at: Moment
    given_by: str
    until: Moment | None
    ended_at: Moment | None
    ended_by: str
    end_reason: str

    @staticmethod
    def of(entry: Access) -> AccessOut:
        grant = entry.grant
        return AccessOut(
            user_id=grant.user_id,
            name=entry.name,
            kind=cast("KindName", KINDS[grant.kind]),
            reason=grant.reason,
            given_at=grant.granted_at,
            given_by=entry.given_by,
            until=grant.until,
            ended_at=grant.ended_at,
            ended_by=entry.ended_by,
            end_reason=grant.end_reason,
        )


class CareOut(Schema):
    """Who reaches a record by name: those in force, and those that are over, the latest first."""

    in_force: list[AccessOut]
    ended: list[AccessOut]


class EmergencyIn(Schema):
    reason: str = Field(max_length=LONGEST_REASON)


class DescribedIn(EmergencyIn):
    """Whose record it is: the whole name, and the date of birth or a phone number or e-mail. Of an animal, the owner's
    last name."""

    first_name: str = Field(max_length=70)
    last_name: str = Field(max_length=70)
    birth_date: date | None = None
    contact: str = Field("", max_length=254)


class OpenedOut(Schema):
    patient_id: UUID
    until: Moment

    @staticmethod
    def of(grant: PatientGrant) -> OpenedOut:
        return OpenedOut(patient_id=grant.content_object_id, until=cast("datetime", grant.until))


class GroundOut(Schema):
    what: str
    why: str
    since: Moment | None
    until: Moment | None
    given_by: str


class WayOut(Schema):
    what: str
    why: str
    is_changed: bool
    grounds: list[GroundOut]


class ReaderOut(Schema):
    """Somebody who sees the person, and by which ways. `role` is empty for who is no member."""

    name: str
    role: str
    ways: list[WayOut]
    until: Moment | None

    @staticmethod
    def of(reader: Reader, names: Mapping[UUID, str]) -> ReaderOut:
        ways = [
            WayOut(
                what=str(way.what),
                why=way.why,
                is_changed=way.is_changed,
                grounds=[_ground(each, names) for each in way.grounds],
            )
            for way in reader.ways
        ]
        return ReaderOut(name=reader.name, role=reader.role, ways=ways, until=reader.until)


class ReadersOut(Schema):
    items: list[ReaderOut]


class LookOut(Schema):
    """Somebody else's look at one's data. `role` is what they were then; empty for a machine and for payment links."""

    at: Moment
    who: str
    role: str
    sentence: str
    is_emergency: bool
    by_support: bool

    @staticmethod
    def of(line: Line) -> LookOut:
        return LookOut(
            at=line.entry.at,
            who=line.who,
            role=line.entry.role,
            sentence=line.sentence,
            is_emergency=line.is_emergency,
            by_support=line.is_by_support,
        )


class LooksOut(Schema):
    items: list[LookOut]
    next: str | None


def _ground(ground: Ground, names: Mapping[UUID, str]) -> GroundOut:
    return GroundOut(
        what=str(ground.what),
        why=ground.why,
        since=ground.since,
        until=ground.until,
        given_by=names.get(ground.by_id, "") if ground.by_id else "",
    )
