"""Write a treatment plan with its goals, note how far one is, complete or stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from kernel.locking import lock_row
from modules.crm.domain.plans import MOST_GOALS, GoalState, PlanState
from modules.crm.models import EpisodeOfCare, Goal, GoalNote, Patient, TreatmentPlan

OWN = ("title", "text", "frequency", "sessions", "starts_on", "review_on", "shared", "episode_id")
OF_GOAL = ("position", "text", "target", "due_on", "state")
MOST_SESSIONS = 200


class PlanInvalid(Invalid):
    code = "plan-invalid"


class PlanChanged(Conflict):
    """Somebody else changed it since it was looked at."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, version: int) -> None:
        super().__init__(detail)
        self.version = version

    def extra(self) -> dict[str, object]:
        return {"current": {"version": self.version}}


class NotTheirsToPlan(NotAllowed):
    code = "plan-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalDetails:
    """`id` is that of a goal of the plan; without one it is new."""

    text: str
    id: UUID | None = None
    target: str = ""
    due_on: date | None = None
    state: str = GoalState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDetails:
    title: str
    starts_on: date
    text: str = ""
    frequency: str = ""
    sessions: int | None = None
    review_on: date | None = None
    shared: bool = False
    episode_id: UUID | None = None
    goals: Sequence[GoalDetails] = field(default=())


@transaction.atomic
def write_plan(*, patient: Patient, details: PlanDetails, by: Any, at: datetime) -> TreatmentPlan:
    """Begin a plan with its goals. Raises `PlanInvalid` or `NotTheirsToPlan`."""
    check_planner(patient, by=by)
    _check(details, patient=patient)
    author = {"author_id": by.pk, "author_name": str(by), "changed_at": at, "changed_by_name": str(by)}
    values = {name: getattr(details, name) for name in OWN}
    plan = TreatmentPlan.objects.create(patient=patient, state=PlanState.ACTIVE, **values, **author)
    audit.record(action="crm.treatmentplan.written", of=plan, by=by, changes=audit.created(plan, OWN))
    _write_goals(plan, details.goals, by=by)
    return plan


@transaction.atomic
def change_plan(*, plan: TreatmentPlan, details: PlanDetails, seen: int | None, by: Any, at: datetime) -> TreatmentPlan:
    """Set it right. A goal that is left out stays: it is given up, not forgotten. What was agreed to was the version
    before. Raises `PlanChanged` too."""
    check_planner(plan.patient, by=by)
    locked = lock_row(TreatmentPlan.objects.for_display(), plan.pk)
    if seen is not None and seen != locked.version:
        raise PlanChanged(_("Somebody changed this plan meanwhile. Look at it again."), version=locked.version)
    _check(details, patient=locked.patient)
    before = audit.snapshot(locked, OWN)
    for name in OWN:
        setattr(locked, name, getattr(details, name))
    changes = audit.difference(before, locked)
    goals_changed = _write_goals(locked, details.goals, by=by)
    if changes or goals_changed:
        _save_version(locked, changes, by=by, at=at)
        audit.record(action="crm.treatmentplan.changed", of=locked, by=by, changes=changes)
    return locked


@transaction.atomic
def set_plan_state(*, plan: TreatmentPlan, state: str, by: Any, at: datetime) -> TreatmentPlan:
    """Complete a plan, stop it, or go on with it."""
    check_planner(plan.patient, by=by)
    if state not in {each.value for each in PlanState}:
        raise _wrong("state", _("There is no such state."))
    locked = lock_row(TreatmentPlan.objects.for_display(), plan.pk)
    before = audit.snapshot(locked, ["state"])
    locked.state = state
    if changes := audit.difference(before, locked):
        locked.changed_at, locked.changed_by_name = at, str(by)
        locked.save(update_fields=["state", "changed_at", "changed_by_name"])
        audit.record(action="crm.treatmentplan.state_set", of=locked, by=by, changes=changes)
    return locked


@transaction.atomic
def note_progress(*, goal: Goal, state: str, text: str, by: Any, at: datetime) -> GoalNote:
    """Note how a goal stands. The plan stays as it was agreed to."""
    check_planner(goal.plan.patient, by=by)
    if state not in {each.value for each in GoalState}:
        raise _wrong("state", _("There is no such state."))
    locked = lock_row(Goal.objects.select_related("plan"), goal.pk)
    if not text.strip() and state == locked.state:
        raise _wrong("text", _("Write how far it is, or choose another state."))
    note = GoalNote.objects.create(goal=locked, state=state, text=text.strip(), at=at, by_id=by.pk, by_name=str(by))
    audit.record(action="crm.goalnote.written", of=note, by=by, changes=audit.created(note, ["state", "text"]))
    if state != locked.state:
        before = audit.snapshot(locked, ["state"])
        locked.state = state
        locked.save(update_fields=["state"])
        audit.record(action="crm.goal.changed", of=locked, by=by, changes=audit.difference(before, locked))
    return note


def check_planner(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.write_plan", patient):
        raise NotTheirsToPlan(_("Plans are written by whoever has the patient in their care."))


def _save_version(plan: TreatmentPlan, changes: Any, *, by: Any, at: datetime) -> None:
    plan.version += 1
    plan.changed_at, plan.changed_by_name = at, str(by)
    plan.save(update_fields=[*changes, "version", "changed_at", "changed_by_name"])


def _write_goals(plan: TreatmentPlan, wanted: Sequence[GoalDetails], *, by: Any) -> bool:
    """Add and change goals; return whether any was."""
    known = {goal.pk: goal for goal in Goal.objects.filter(plan=plan).select_related("plan")}
    changed = False
    for position, details in enumerate(wanted):
        if details.id is not None and details.id not in known:
            raise UnknownGoal(_("This plan has no such goal."))
        values = {"position": position} | {name: getattr(details, name) for name in OF_GOAL[1:]}
        changed |= _write_goal(plan, known.get(details.id) if details.id else None, values, by=by)
    kept = {details.id for details in wanted}
    for goal in known.values():
        if goal.pk not in kept and goal.state != GoalState.ABANDONED:
            changed |= _write_goal(plan, goal, {"state": GoalState.ABANDONED}, by=by)
    return changed


def _write_goal(plan: TreatmentPlan, goal: Goal | None, values: dict[str, Any], *, by: Any) -> bool:
    if goal is None:
        goal = Goal.objects.create(plan=plan, **values)
        audit.record(action="crm.goal.added", of=goal, by=by, changes=audit.created(goal, OF_GOAL))
        return True
    before = audit.snapshot(goal, OF_GOAL)
    for name, value in values.items():
        setattr(goal, name, value)
    if changes := audit.difference(before, goal):
        goal.save(update_fields=list(changes))
        audit.record(action="crm.goal.changed", of=goal, by=by, changes=changes)
    return bool(changes)


class UnknownGoal(NotFound):
    code = "goal-unknown"


def _check(details: PlanDetails, *, patient: Patient) -> None:
    if not details.title.strip():
        raise _wrong("title", _("Give the plan a name."))
    if details.review_on and details.review_on < details.starts_on:
        raise _wrong("review_on", _("The review cannot come before the beginning."))
    if details.sessions is not None and not 1 <= details.sessions <= MOST_SESSIONS:
        raise _wrong("sessions", _("From 1 to %(most)s sessions.") % {"most": MOST_SESSIONS})
    if len(details.goals) > MOST_GOALS:
        raise _wrong("goals", _("A plan has %(most)s goals at most.") % {"most": MOST_GOALS})
    if any(not goal.text.strip() or goal.state not in {each.value for each in GoalState} for goal in details.goals):
        raise _wrong("goals", _("Each goal needs its words."))
    if details.episode_id and not EpisodeOfCare.objects.filter(pk=details.episode_id, patient=patient).exists():
        raise _wrong("episode_id", _("This patient has no such episode of care."))


def _wrong(name: str, sentence: str) -> PlanInvalid:
    return PlanInvalid(sentence, fields={name: [sentence]})
