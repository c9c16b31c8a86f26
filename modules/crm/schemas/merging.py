"""The wire shapes of merging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Merge
from modules.crm.services.merging import Plan, Undoing, choosable


class WhomIn(Schema):
    """The records that are one, the one that stays first: patients, or clients by themselves."""

    patient_ids: list[UUID] = Field([], max_length=10)
    client_ids: list[UUID] = Field([], max_length=10)


class MergeIn(WhomIn):
    """`mark` is that of the preview which was agreed to. `choices` say which option a field takes, if not the usual."""

    mark: str = Field(max_length=64)
    choices: dict[str, str] = {}


class OptionOut(Schema):
    key: str
    value: str


class DifferenceOut(Schema):
    field: str
    options: list[OptionOut]
    usual: str


class RowsOut(Schema):
    """How many rows of a kind go along: to the record that stays, or back."""

    kind: str
    rows: int
    elsewhere: int = 0


class SinceOut(Schema):
    """How many rows of a kind were written since the merge, and stay with the record that stayed."""

    kind: str
    rows: int


class PlanOut(Schema):
    mark: str
    rows: list[RowsOut]
    differences: list[DifferenceOut] = Field(description="Without what the role may not see or change.")
    problems: list[str] = Field(description="What has to be put right first, in words.")

    @staticmethod
    def of(plan: Plan, *, seen_by: Any) -> PlanOut:
        return PlanOut(
            mark=plan.mark,
            rows=[RowsOut(kind=each.holding.model.lower(), rows=each.number) for each in plan.held],
            differences=[
                DifferenceOut(
                    field=each.key,
                    options=[OptionOut(key=option.key, value=str(option.value)) for option in each.options],
                    usual=each.usual,
                )
                for each in choosable(plan, by=seen_by)
            ],
            problems=[str(each) for each in plan.problems],
        )


class MergeOut(Schema):
    id: UUID
    patient_id: UUID | None
    client_id: UUID
    at: Moment
    by_name: str
    undone_at: Moment | None
    undone_by_name: str
    can_be_undone_until: Moment

    @staticmethod
    def of(merge: Merge) -> MergeOut:
        return MergeOut(
            id=merge.pk,
            patient_id=merge.patient_id,
            client_id=merge.client_id,
            at=merge.at,
            by_name=merge.by_name,
            undone_at=merge.undone_at,
            undone_by_name=merge.undone_by_name,
            can_be_undone_until=merge.last_moment,
        )


class UndoingOut(Schema):
    merge: MergeOut
    rows: list[RowsOut]
    since: list[SinceOut]
    problems: list[str]

    @staticmethod
    def of_plan(merge: Merge, undoing: Undoing) -> UndoingOut:
        return UndoingOut(
            merge=MergeOut.of(merge),
            rows=[RowsOut(kind=each.model, rows=each.number, elsewhere=each.elsewhere) for each in undoing.kinds],
            since=[SinceOut(kind=each.model, rows=each.number) for each in undoing.since],
            problems=[str(each) for each in undoing.problems],
        )
