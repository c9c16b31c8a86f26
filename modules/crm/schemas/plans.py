"""Treatment plans on the wire, in the words of FHIR's CarePlan and Goal."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Goal, GoalNote, TreatmentPlan
from modules.crm.services.plans import GoalDetails, PlanDetails
from modules.crm.services.plans.writing import MOST_SESSIONS

PlanStateName = Literal["active", "completed", "revoked"]
GoalStateName = Literal["proposed", "active", "achieved", "abandoned"]


class GoalIn(Schema):
    """`id` is that of a goal of the plan; without one it is new. One that is left out is given up."""

    id: UUID | None = None
    text: str = Field(max_length=200)
    target: str = Field("", max_length=120)
    due_on: date | None = None
    state: GoalStateName = "active"


class PlanIn(Schema):
    title: str = Field(max_length=120)
    text: str = Field("", max_length=5000)
    frequency: str = Field("", max_length=80)
    sessions: int | None = Field(None, ge=1, le=MOST_SESSIONS)
    starts_on: date
    review_on: date | None = None
    shared: bool = False
    episode_id: UUID | None = None
    goals: list[GoalIn] = []

    def details(self) -> PlanDetails:
        goals = [GoalDetails(**goal.dict()) for goal in self.goals]
        return PlanDetails(**self.dict(exclude={"goals"}), goals=goals)


class PlanStateIn(Schema):
    state: PlanStateName


class ProgressIn(Schema):
    state: GoalStateName
    text: str = Field("", max_length=2000)


class AgreementIn(Schema):
    """`version` is the one that was read."""

    version: int


class GoalNoteOut(Schema):
    state: GoalStateName
    text: str
    at: Moment
    by_name: str

    @classmethod
    def of(cls, note: GoalNote) -> GoalNoteOut:
        state = cast("GoalStateName", note.state)
        return cls(state=state, text=note.text, at=note.at, by_name=note.by_name)


class GoalOut(Schema):
    id: UUID
    text: str
    target: str
    due_on: date | None
    state: GoalStateName
    notes: list[GoalNoteOut]

    @classmethod
    def of(cls, goal: Goal) -> GoalOut:
        return cls(
            id=goal.pk,
            text=goal.text,
            target=goal.target,
            due_on=goal.due_on,
            state=cast("GoalStateName", goal.state),
            notes=[GoalNoteOut.of(note) for note in goal.notes.all()],
        )


class PlanOut(Schema):
    """Agreed to is what reads so now if `agreed_version` is its `version`."""

    id: UUID
    patient_id: UUID
    episode_id: UUID | None
    title: str
    text: str
    frequency: str
    sessions: int | None
    state: PlanStateName
    starts_on: date
    review_on: date | None
    shared: bool
    author_name: str
    version: int
    changed_at: Moment
    changed_by_name: str
    agreed_version: int | None
    agreed_at: Moment | None
    agreed_by_name: str
    goals: list[GoalOut]

    @classmethod
    def of(cls, plan: TreatmentPlan) -> PlanOut:
        same = (
            "patient_id",
            "episode_id",
            "title",
            "text",
            "frequency",
            "sessions",
            "starts_on",
            "review_on",
            "shared",
        )
        about = ("author_name", "version", "changed_at", "changed_by_name")
        agreed = ("agreed_version", "agreed_at", "agreed_by_name")
        return cls(
            id=plan.pk,
            state=cast("PlanStateName", plan.state),
            goals=[GoalOut.of(goal) for goal in plan.goals.all()],
            **{name: getattr(plan, name) for name in (*same, *about, *agreed)},
        )


class PlansOut(Schema):
    items: list[PlanOut]
