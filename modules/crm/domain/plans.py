"""The life of a treatment plan and of its goals, in the words of FHIR's CarePlan and Goal."""

from __future__ import annotations

from enum import StrEnum


class PlanState(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    REVOKED = "revoked"


class GoalState(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    ACHIEVED = "achieved"
    ABANDONED = "abandoned"


MOST_GOALS = 12


def reached(states: list[str]) -> tuple[int, int]:
    """Return how many goals are achieved, and of how many: what was given up does not count."""
    counted = [state for state in states if state != GoalState.ABANDONED]
    return counted.count(GoalState.ACHIEVED), len(counted)
