"""The life of an appointment."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    SCHEDULED = "SCHEDULED"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


# A visit that was cancelled or missed gives its time back; every other one keeps it, the completed too: nobody can be
# booked into the past of somebody else.
HOLDS_ITS_TIME = frozenset(Status) - {Status.CANCELLED, Status.NO_SHOW}
NOT_BEGUN = frozenset({Status.SCHEDULED, Status.CONFIRMED})

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW}),
    Status.CONFIRMED: frozenset({Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW}),
    # Back to SCHEDULED undoes a check-in of the wrong person.
    Status.CHECKED_IN: frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
    # Somebody who was given up may still come, if their time is free.
    Status.NO_SHOW: frozenset({Status.SCHEDULED}),
}


def may_become(now: str, then: str) -> bool:
    """Test whether an appointment in the state `now` may go to `then`."""
    return Status(then) in ALLOWED[Status(now)]
