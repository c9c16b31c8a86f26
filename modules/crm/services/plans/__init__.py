"""Treatment plans: written, followed, agreed to, reviewed."""

from modules.crm.services.plans.agreeing import NotTheirsToAgree, agree_to_plan
from modules.crm.services.plans.reviews import remind_of_reviews
from modules.crm.services.plans.writing import (
    GoalDetails,
    NotTheirsToPlan,
    PlanChanged,
    PlanDetails,
    PlanInvalid,
    UnknownGoal,
    change_plan,
    check_planner,
    note_progress,
    set_plan_state,
    write_plan,
)

__all__ = [
    "GoalDetails",
    "NotTheirsToAgree",
    "NotTheirsToPlan",
    "PlanChanged",
    "PlanDetails",
    "PlanInvalid",
    "UnknownGoal",
    "agree_to_plan",
    "change_plan",
    "check_planner",
    "note_progress",
    "remind_of_reviews",
    "set_plan_state",
    "write_plan",
]
