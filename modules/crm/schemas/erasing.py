"""The wire shapes of erasing somebody."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.erasing import Term
from modules.crm.models import Erasure
from modules.crm.services.erasing import Fate, Line, Plan, Terms


class WhoIn(Schema):
    """A patient, with the clients who are here for them only; or a client, with their patients."""

    patient_id: UUID | None = None
    client_id: UUID | None = None


class EraseIn(WhoIn):
    """`mark` is that of the preview which was agreed to."""

    mark: str = Field(max_length=64)


class KindOut(Schema):
    """What becomes of one kind: rows that go or are emptied, and those kept until a day, with the rule that says so."""

    kind: str
    deleted: int
    emptied: int
    kept: int
    until: date | None
    source: str

    @staticmethod
    def of(line: Line, fates: dict[str, Fate]) -> KindOut:
        fate = fates.get(line.personal.model)
        deletes = fate is Fate.DELETED if fate else line.personal.deletes
        went = 0 if fate is Fate.CLOSED else len(line.goes)
        return KindOut(
            kind=line.key,
            deleted=went if deletes else 0,
            emptied=0 if deletes else went,
            kept=len(line.goes) - went + len(line.stays),
            until=line.until,
            source=line.source,
        )


class ErasurePlanOut(Schema):
    mark: str
    patients: list[UUID]
    clients: list[UUID]
    kinds: list[KindOut]
    problems: list[str] = Field(description="What has to be put right first, in words.")

    @staticmethod
    def of_plan(plan: Plan, problems: list[str]) -> ErasurePlanOut:
        return ErasurePlanOut(
            mark=plan.mark,
            patients=sorted(plan.people.patients),
            clients=sorted(plan.people.clients),
            kinds=[KindOut.of(line, plan.fates) for line in plan.lines],
            problems=problems,
        )


class ErasureOut(Schema):
    """The receipt, without a word of who it was."""

    id: UUID
    at: Moment
    by_name: str
    state: Literal["under_way", "closed", "done"]
    next_on: date | None
    kinds: list[KindOut]

    @staticmethod
    def of(erasure: Erasure) -> ErasureOut:
        return ErasureOut(
            id=erasure.pk,
            at=erasure.at,
            by_name=erasure.by_name,
            state="under_way" if erasure.done_at is None else "closed" if erasure.is_closed else "done",
            next_on=erasure.next_on,
            kinds=[
                KindOut(
                    kind=line["key"],
                    deleted=line["deleted"],
                    emptied=line["emptied"],
                    kept=line["kept"],
                    until=line["until"],
                    source=line["source"],
                )
                for line in erasure.lines
            ],
        )


class RetentionIn(Schema):
    """`years` left out goes back to the default of the country."""

    years: int | None = Field(None, ge=0, le=100)


class RetentionOut(Schema):
    kind: str
    years: int
    source: str
    is_own: bool
    usual_years: int

    @staticmethod
    def of(terms: Terms, term: Term) -> RetentionOut:
        return RetentionOut(
            kind=term.value,
            years=terms.rules[term].years,
            source=terms.rules[term].source,
            is_own=terms.is_own(term),
            usual_years=terms.usual[term].years,
        )
