"""Times as the calendar's grid sends them: a day, a time of its wall clock, and which of two alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from modules.scheduling.domain.wall_clock import NoSuchTime, moment_at
from modules.scheduling.models import Location


class NotATime(Invalid):
    """What was sent is no time, or none that the day's clock comes by."""

    code = "not-a-time"


def moment_in(fields: Mapping[str, str], name: str, location: Location) -> datetime:
    """Read `start_day`, `start` and, for the second of two times alike, `start_again`. Raises `NotATime`."""
    try:
        day, at = parse_date(fields.get(f"{name}_day", "")), parse_time(fields.get(name, ""))
        if day is None or at is None or at.tzinfo is not None:
            raise ValueError
        return moment_at(day, at, location.zone, again=f"{name}_again" in fields)
    except NoSuchTime:
        raise NotATime(_("The clocks skip that time on that day. Nothing was changed.")) from None
    except ValueError:
        raise NotATime(_("That is no time of the calendar. Nothing was changed.")) from None


def fields_of(name: str, moment: datetime, location: Location) -> dict[str, str]:
    """Return a moment as `moment_in` reads it."""
    local = moment.astimezone(location.zone)
    fields = {f"{name}_day": local.date().isoformat(), name: f"{local:%H:%M}"}
    return fields | {f"{name}_again": "1"} if local.fold else fields
