"""When somebody is reminded of an overdue invoice, and for which time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


def next_reminder(steps: Sequence[int], *, due: date, sent: Sequence[date], today: date) -> int | None:
    """Return the number of the reminder that is to go out today, from 1; None for none.

    `steps`: how many days after the due date each goes out, growing. The days between two of them pass also where the
    first was late, because nobody had turned them on: whoever is much behind is not written to three days running.
    """
    number = len(sent)
    if number >= len(steps):
        return None
    earliest = due + timedelta(days=steps[number])
    if sent:
        earliest = max(earliest, max(sent) + timedelta(days=steps[number] - steps[number - 1]))
    return number + 1 if today >= earliest else None
