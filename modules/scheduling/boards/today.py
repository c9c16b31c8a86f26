"""The board of today. Plain rows in their order; templates only show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment

LONG_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the Today board."""

    key: str
    cards: list[Appointment]


@dataclass(frozen=True, slots=True)
class Today:
    day: date
    lanes: list[Lane]
    counts: dict[str, int]


def today_board(appointments: Iterable[Appointment], *, day: date, at: datetime) -> Today:
    """Sort a day's visits into what is due, waiting, in session and done."""
    by_status: dict[str, list[Appointment]] = defaultdict(list)
    for appointment in appointments:
        by_status[appointment.status].append(appointment)
    waiting = by_status[Status.CHECKED_IN]
    lanes = [
        Lane("due", by_status[Status.SCHEDULED] + by_status[Status.CONFIRMED]),
        Lane("waiting", waiting),
        Lane("in_session", by_status[Status.IN_PROGRESS]),
        Lane("done", by_status[Status.COMPLETED]),
    ]
    for lane in lanes:
        lane.cards.sort(key=lambda card: card.starts_at)
    counts = {lane.key: len(lane.cards) for lane in lanes}
    counts["booked"] = sum(counts.values())
    counts["no_show"] = len(by_status[Status.NO_SHOW])
    counts["long_wait"] = sum(1 for card in waiting if card.checked_in_at and at - card.checked_in_at > LONG_WAIT)
    return Today(day, lanes, counts)
