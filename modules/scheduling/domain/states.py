"""The life of an appointment."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    REQUESTED = "REQUESTED"  # asked for; the practice says yes or no
    RESERVED = "RESERVED"  # waits for a deposit
    OFFERED = "OFFERED"  # kept for somebody on the waiting list
    SCHEDULED = "SCHEDULED"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    LAPSED = "LAPSED"  # never became a visit: declined, refused, or its time ran out


# A visit that was cancelled or missed gives its time back; every other one keeps it, the completed too: nobody can be
# booked into the past of somebody else. The claims' triggers have the same list.
GIVES_ITS_TIME_BACK = frozenset({Status.CANCELLED, Status.NO_SHOW, Status.LAPSED})
HOLDS_ITS_TIME = frozenset(Status) - GIVES_ITS_TIME_BACK
PROVISIONAL = frozenset({Status.REQUESTED, Status.RESERVED, Status.OFFERED})  # until `expires_at`
NOT_BEGUN = frozenset({Status.SCHEDULED, Status.CONFIRMED})
MAY_MOVE = NOT_BEGUN | {Status.REQUESTED, Status.RESERVED}
MAY_CHANGE_HANDS = MAY_MOVE | {Status.CHECKED_IN}  # at its time, to a colleague: also of who waits already
NEVER_A_VISIT = frozenset({Status.OFFERED, Status.LAPSED})  # the record does not count them

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.SCHEDULED, Status.RESERVED, Status.CANCELLED, Status.LAPSED}),
    Status.RESERVED: frozenset({Status.SCHEDULED, Status.CONFIRMED, Status.CANCELLED, Status.LAPSED}),
    Status.OFFERED: frozenset({Status.SCHEDULED, Status.LAPSED}),
    Status.SCHEDULED: frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW}),
    Status.CONFIRMED: frozenset({Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW}),
    # Back to SCHEDULED undoes a check-in of the wrong person.
    Status.CHECKED_IN: frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    # A slip of the hand is undone, if the time is still free.
    Status.CANCELLED: frozenset({Status.SCHEDULED}),
    # Somebody who was given up may still come, if their time is free.
    Status.NO_SHOW: frozenset({Status.SCHEDULED}),
    # Its deposit was paid after all, while the time is still free.
    Status.LAPSED: frozenset({Status.SCHEDULED}),
}


def may_become(now: str, then: str) -> bool:
    """Test whether an appointment in the state `now` may go to `then`."""
    return Status(then) in ALLOWED[Status(now)]
