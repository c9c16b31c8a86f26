"""The wire shapes of records that may be of one person."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.duplicates import SEALED, Reason
from modules.crm.models import DuplicatePair


class PairsIn(Schema):
    answered: bool = False


class AnsweredIn(Schema):
    """The reasons that were known to whoever says it."""

    reasons: list[Reason] = Field(max_length=20)


class PairOut(Schema):
    """Two records. Reasons and the score are without what the role may not see."""

    id: UUID
    patient_ids: tuple[UUID, UUID]
    names: tuple[str, str]
    score: int
    reasons: list[Reason] = Field(description="What speaks for it, most first.")
    against: list[Reason]
    found_at: Moment
    answered_at: Moment | None
    answered_by_name: str

    @staticmethod
    def of(pair: DuplicatePair, *, sealed_too: bool) -> PairOut:
        return PairOut(
            id=pair.pk,
            patient_ids=(pair.one_id, pair.other_id),
            names=(pair.one.name, pair.other.name),
            score=pair.score if sealed_too else pair.open_score,
            reasons=[Reason(each) for each in pair.reasons if sealed_too or each not in SEALED],
            against=[Reason(each) for each in pair.against if sealed_too or each not in SEALED],
            found_at=pair.found_at,
            answered_at=pair.answered_at,
            answered_by_name=pair.answered_by_name,
        )
