"""Flags on the wire."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.flags import ShownFlag
from modules.crm.models import Flag, FlagKind
from modules.crm.services.flags import FlagDetails, FlagKindDetails

CategoryName = Literal["ALLERGY", "SAFETY", "CLINICAL", "BEHAVIOUR", "ADMINISTRATIVE"]
SeverityName = Literal["INFO", "CAUTION", "DANGER"]
ReachName = Literal["EVERYBODY", "TREATING"]
CHANGED = ("text", "advice", "category", "severity", "reach", "since", "until")


class FlagIn(Schema):
    """What there is to know. With `kind_id`, `text` may be left out; without `reach`, it is seen as is usual."""

    category: CategoryName
    severity: SeverityName
    text: str = Field("", max_length=200)
    advice: str = Field("", max_length=400, description="What to do about it.")
    reach: ReachName | Literal[""] = ""
    since: date | None = Field(None, description="Today, if left out.")
    until: date | None = Field(None, description="The first day on which it is no longer.")
    kind_id: UUID | None = None

    def details(self) -> FlagDetails:
        return FlagDetails(**self.dict())


class FlagPatch(Schema):
    """What is left out stays as it is."""

    category: CategoryName | None = None
    severity: SeverityName | None = None
    text: str | None = Field(None, max_length=200)
    advice: str | None = Field(None, max_length=400)
    reach: ReachName | None = None
    since: date | None = None
    until: date | None = None

    def details(self, now: Flag) -> FlagDetails:
        return FlagDetails(**{name: getattr(now, name) for name in CHANGED} | self.dict(exclude_unset=True))


class FlagOut(Schema):
    """FHIR calls an allergy AllergyIntolerance, and the others Flag."""

    id: UUID
    patient_id: UUID
    kind_id: UUID | None
    category: CategoryName
    severity: SeverityName
    reach: ReachName
    text: str
    advice: str
    since: date
    until: date | None
    by_name: str
    created_at: Moment
    ended_at: Moment | None
    ended_by_name: str
    end_reason: str

    @staticmethod
    def of(flag: Flag) -> FlagOut:
        return FlagOut(
            id=flag.pk,
            patient_id=flag.patient_id,
            kind_id=flag.kind_id,
            category=cast("CategoryName", flag.category),
            severity=cast("SeverityName", flag.severity),
            reach=cast("ReachName", flag.reach),
            text=flag.text,
            advice=flag.advice,
            since=flag.since,
            until=flag.until,
            by_name=flag.by_name,
            created_at=flag.created_at,
            ended_at=flag.ended_at,
            ended_by_name=flag.ended_by_name,
            end_reason=flag.end_reason,
        )


class ShownFlagOut(Schema):
    """A flag in force, as it goes with the person."""

    id: UUID
    text: str
    advice: str
    category: CategoryName
    severity: SeverityName

    @staticmethod
    def of(flag: ShownFlag) -> ShownFlagOut:
        return ShownFlagOut(
            id=flag.id,
            text=flag.text,
            advice=flag.advice,
            category=cast("CategoryName", flag.category),
            severity=cast("SeverityName", flag.severity),
        )


class FlagKindIn(Schema):
    name: str = Field(max_length=120)
    category: CategoryName
    severity: SeverityName
    reach: ReachName | Literal[""] = ""

    def details(self) -> FlagKindDetails:
        return FlagKindDetails(**self.dict())


class FlagKindOut(Schema):
    id: UUID
    name: str
    category: CategoryName
    severity: SeverityName
    reach: ReachName

    @staticmethod
    def of(kind: FlagKind) -> FlagKindOut:
        return FlagKindOut(
            id=kind.pk,
            name=kind.name,
            category=cast("CategoryName", kind.category),
            severity=cast("SeverityName", kind.severity),
            reach=cast("ReachName", kind.reach),
        )
