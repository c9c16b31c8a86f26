"""When people are not written to: at night."""

from __future__ import annotations

from datetime import datetime, time, timedelta

EVENING, MORNING = time(21), time(8)


def next_hour_to_write(at: datetime, *, quiet_from: time = EVENING, quiet_until: time = MORNING) -> datetime:
    """Return when somebody may be written to: now, or when the night is over. `at` is local; equal times: always."""
    clock = at.time()
    over_midnight = quiet_from > quiet_until
    is_late, is_early = clock >= quiet_from, clock < quiet_until
    if quiet_from == quiet_until or not ((is_late or is_early) if over_midnight else (is_late and is_early)):
        return at
    day = at.date() + timedelta(days=1) if over_midnight and is_late else at.date()
    return datetime.combine(day, quiet_until, at.tzinfo)
