"""What a change of a location's time zone does to what is booked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models.functions import Lower

from modules.scheduling.models import Appointment, GroupSession, Location


def starts_of_another_hour(*, location: Location, zone: ZoneInfo, at: datetime) -> list[datetime]:
    """Return when the visits and groups to come begin whose hour on the wall would be another in that zone."""
    visits = Appointment.objects.holding_time().filter(location=location, session=None, period__startswith__gt=at)
    groups = GroupSession.objects.standing().filter(location=location, period__startswith__gt=at)
    starts = [start for rows in (visits, groups) for start in rows.values_list(Lower("period"), flat=True)]
    return sorted(s for s in starts if s.astimezone(zone).utcoffset() != s.astimezone(location.zone).utcoffset())
