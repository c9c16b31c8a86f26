"""A time that was drawn in the calendar for a new booking, as one more choice in its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from modules.scheduling.models import Location, Practitioner
from modules.scheduling.pages.moments import NotATime, moment_in


@dataclass(frozen=True, slots=True)
class Drawn:
    """`kept` is what the form carries on, so that the choice is still there after a refusal."""

    starts_at: datetime
    ends_at: datetime | None
    practitioner: Practitioner | None
    room: str
    kept: dict[str, str]

    @property
    def until(self) -> datetime:
        """Where the gap ends; of one that was only pointed at, an hour later."""
        return self.ends_at or self.starts_at + timedelta(hours=1)

    @property
    def value(self) -> str:
        who = str(self.practitioner.pk) if self.practitioner else ""
        return "|".join([self.starts_at.isoformat(), who, self.room, self.ends_at.isoformat() if self.ends_at else ""])


def drawn_time(values: Mapping[str, str], location: Location) -> Drawn | None:
    """Return the time that the address, or the form that came from it, names; None if it names none that is one."""
    try:
        starts_at = moment_in(values, "start", location)
        ends_at = moment_in(values, "end", location) if values.get("end") else None
    except NotATime:
        return None
    known = {str(each.pk): each for each in Practitioner.objects.current()}
    names = ("start_day", "start", "start_again", "end_day", "end", "end_again", "with", "room")
    kept = {name: values[name] for name in names if name in values}
    zone = location.zone
    return Drawn(
        starts_at.astimezone(zone),
        ends_at.astimezone(zone) if ends_at else None,
        known.get(values.get("with", "")),
        values.get("room", ""),
        kept,
    )
